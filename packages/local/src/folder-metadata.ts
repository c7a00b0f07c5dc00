import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { PutOptions } from "@camclips/core";
import { shortName, type Version } from "./file-version.ts";
import { inFolder, isAbsent, readIfThere } from "./files.ts";

/** The folder in a store's root in which metadata lies. */
export const METADATA = ".metadata";

type Metadata = NonNullable<PutOptions["metadata"]>;

interface Line {
  name: string;
  /** Short name of the version. */
  version: string;
  metadata: Metadata;
}

/** What pictures and texts are called that lie beside a clip: `clip_300.jpg`. */
const BESIDE = /(_[^_.]*)?\.(jpg|png|webp|vtt)$/;

/**
 * Metadata of the objects in a folder on a local disk: lines in one file for a clip and its pictures. A line belongs to one version of
 * an object, so that a crash never gives it to another one, and is written before the version has its name: nobody reads it
 * until then. Lines are only ever added, each in one write, which those of other processes do not come between.
 */
export function folderMetadata(root: string) {
  const fileOf = (key: string) => {
    const name = basename(key);
    const clip = BESIDE.test(name) ? name.replace(BESIDE, "") : name.replace(/\.[^.]*$/, "");
    return join(root, METADATA, dirname(key), `${clip}.lines`);
  };

  /** Where it was kept in files of its own: one beside the others, or in a folder for each object. */
  const formerPaths = (key: string, version: Version) => [
    join(root, METADATA, `${key}~${shortName(version)}`),
    join(root, METADATA, key, `${version.version}.json`),
  ];

  return {
    async write(key: string, version: Version, metadata: Metadata = {}): Promise<void> {
      const path = fileOf(key);
      const line: Line = { name: basename(key), version: shortName(version), metadata };
      // Begins with a line break: what a killed process left may not end with one.
      const text = `\n${JSON.stringify(line)}\n`;
      // Of an object without metadata nothing needs to be said where nothing was.
      const isPlain = Object.keys(metadata).length === 0;
      await using file = isPlain ? await openIfThere(path) : await inFolder(dirname(path), () => open(path, "a"));
      await file?.appendFile(text);
    },
    async read(key: string, version: Version): Promise<Metadata> {
      const lines = (await readIfThere(fileOf(key)))?.toString("utf8").split("\n") ?? [];
      const [name, short] = [basename(key), shortName(version)];
      const line = lines.flatMap(parsed).findLast((line) => line.name === name && line.version === short);
      if (line) return line.metadata;
      for (const path of formerPaths(key, version)) {
        const former = await readIfThere(path);
        if (former) return JSON.parse(former.toString("utf8"));
      }
      return {};
    },
  };
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, constants.O_WRONLY | constants.O_APPEND);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

function parsed(line: string): Line[] {
  try {
    return line === "" ? [] : [JSON.parse(line)];
  } catch {
    // A process was killed while it wrote.
    return [];
  }
}

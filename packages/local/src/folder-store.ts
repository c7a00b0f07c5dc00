import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ObjectChangedError, type ObjectStore, type PutOptions, RangedObject } from "@camclips/core";
import { isCode, readIfThere, settle, temporaryFor, writeWhole } from "./files.ts";

/** Folders in the root that hold no objects. */
const METADATA = ".metadata";
const OWN = new Set([METADATA, ".unfinished"]);

/** A folder that behaves as an S3 bucket: whole objects, conditional writes, range reads of one version, metadata. */
export function createFolderStore(root: string): ObjectStore {
  const base = resolve(root);

  const pathOf = (key: string): string => {
    const path = resolve(base, key);
    if (key === "" || !path.startsWith(base + sep)) throw new Error(`the key "${key}" leaves its bucket`);
    return path;
  };

  const statOf = async (key: string) => {
    try {
      const found = await stat(pathOf(key), { bigint: true });
      return found.isFile()
        ? { bytes: Number(found.size), etag: `"${found.ino}-${found.mtimeNs}-${found.size}"` }
        : undefined;
    } catch (error) {
      if (isCode(error, "ENOENT") || isCode(error, "ENOTDIR") || isCode(error, "ENAMETOOLONG")) return undefined;
      throw error;
    }
  };

  const finish = async (
    temporary: string,
    key: string,
    { ifAbsent = false, metadata = {} }: PutOptions,
  ): Promise<boolean> => {
    const written = await settle(temporary, pathOf(key), ifAbsent);
    // After the object: a crash in between leaves an object without metadata, never metadata of another object.
    if (written) await writeWhole(base, join(base, METADATA, `${key}.json`), JSON.stringify(metadata));
    return written;
  };

  return {
    async info(key) {
      const found = await statOf(key);
      if (!found) return undefined;
      const metadata = await readIfThere(join(base, METADATA, `${key}.json`));
      return { key, ...found, metadata: metadata ? JSON.parse(metadata.toString("utf8")) : {} };
    },
    async open(key) {
      const found = await statOf(key);
      if (!found) return undefined;
      const fetchRange = async (start: number, end: number, signal?: AbortSignal) => {
        const now = await statOf(key);
        if (now?.etag !== found.etag) throw new ObjectChangedError(`${key} changed while it was read`);
        return createReadStream(pathOf(key), { start, end: end - 1, signal });
      };
      return new RangedObject({ size: found.bytes, etag: found.etag, fetchRange });
    },
    get: (key) => readIfThere(pathOf(key)),
    async put(key, body, options) {
      return this.putStream(key, Readable.from([body]), body.byteLength, options);
    },
    async putStream(key, body, bytes, options) {
      const temporary = temporaryFor(base);
      await mkdir(dirname(temporary), { recursive: true });
      try {
        await pipeline(body, createWriteStream(temporary), { signal: options.signal });
        const { size } = await stat(temporary);
        if (size !== bytes) throw new Error(`${key}: ${size} bytes came, ${bytes} were promised`);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
      return finish(temporary, key, options);
    },
    async *list(prefix) {
      // Only whole folders and files below the last slash can match.
      const folder = join(base, prefix.slice(0, prefix.lastIndexOf("/") + 1));
      const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
      const keys = entries
        .filter((entry) => entry.isFile())
        .map((entry) => relative(base, join(entry.parentPath, entry.name)).split(sep).join("/"));
      for (const key of keys.sort()) if (key.startsWith(prefix) && !OWN.has(key.split("/", 1)[0] ?? "")) yield key;
    },
  };
}

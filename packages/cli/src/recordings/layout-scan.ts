import { stat } from "node:fs/promises";
import { join } from "node:path";
import { locatedIn } from "@camclips/local/recordings";
import {
  claimsOf,
  createLayout,
  isHidden,
  type Located,
  type RecordingsRoot,
  readConfig,
  rootsOf,
  walk,
} from "@camclips/recordings";
import { UsageError } from "../exit-codes.ts";
import { refusals } from "../file-errors.ts";
import type { FoundRecording, Scan } from "./scan.ts";

/** How the recordings are named when they are not named as the contract has it. */
export interface LayoutOptions {
  layout?: string;
  zone: string;
  config?: string;
}

/** The folders to look through, with what is known of their names. @throws ConfigError, UsageError */
export function rootsFor(
  folder: string | undefined,
  camera: string,
  { layout, zone, config }: LayoutOptions,
): RecordingsRoot[] {
  if (config !== undefined) return rootsOf(readConfig(config));
  if (folder === undefined || layout === undefined)
    throw new UsageError("--layout says how the files in --recordings are named");
  const { read } = layoutNamed(layout);
  return [
    {
      folder,
      ignores: isHidden,
      locate(path, hints): Located {
        const named = read(path, zone, hints);
        return named && { camera: named.camera ?? camera, startMs: named.startMs };
      },
    },
  ];
}

function layoutNamed(name: string) {
  try {
    return createLayout(name);
  } catch (error) {
    throw new UsageError(`--layout: ${(error as Error).message}`);
  }
}

/** Finds a camera's recordings in the folders and below them. @throws UsageError when there are none. */
export async function scanRoots(
  roots: readonly RecordingsRoot[],
  camera: string,
  rules: Parameters<typeof locatedIn>[3],
): Promise<Scan> {
  const recordings: FoundRecording[] = [];
  const leftOut: string[] = [];
  const others = new Set<string>();
  const seen = new Set<string>();
  for (const root of roots) {
    for await (const name of filesOf(root)) {
      const path = join(root.folder, name);
      // Roots may lie in one another.
      if (seen.has(path) || !root.locate(name)) continue;
      seen.add(path);
      const owner = ownerOf(claimsOf(roots, path));
      if (!owner) leftOut.push(name);
      else if (owner.camera.normalize() !== camera.normalize()) others.add(owner.camera);
      else {
        const file = await stat(path).catch(() => undefined);
        if (!file?.isFile()) continue;
        const { startMs } = ownerOf(await locatedIn(roots, path, file.mtimeMs, rules)) ?? owner;
        recordings.push({ name, path, startMs });
      }
    }
  }
  if (recordings.length > 0) return { recordings: recordings.sort((a, b) => a.startMs - b.startMs), leftOut };
  const places = roots.map(({ folder }) => folder).join(", ");
  const known = others.size > 0 ? `; there are: ${[...others].sort().slice(0, 20).join(", ")}` : "";
  throw new UsageError(`no recordings of camera "${camera}" in ${places}${known}`);
}

/** As a service has it: the first root that knows a file's camera. */
const ownerOf = (claims: readonly NonNullable<Located>[]) =>
  claims.flatMap((claim) => ("camera" in claim ? [claim] : []))[0];

async function* filesOf({ folder, ignores }: RecordingsRoot): AsyncGenerator<string> {
  try {
    yield* walk(folder, ignores);
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    const problem = code === "ENOENT" ? "there is no such folder" : (refusals[code] ?? message);
    throw new UsageError(`cannot read the recordings in "${folder}": ${problem}`);
  }
}

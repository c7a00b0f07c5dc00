import { stat } from "node:fs/promises";
import { join } from "node:path";
import { createLayout, type Located, type RecordingsRoot, readConfig, rootsOf, walk } from "@camclips/recordings";
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
      ignores: () => false,
      locate(path, writtenMs): Located {
        const named = read(path, zone, writtenMs);
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
export async function scanRoots(roots: readonly RecordingsRoot[], camera: string): Promise<Scan> {
  const recordings: FoundRecording[] = [];
  const leftOut: string[] = [];
  const others = new Set<string>();
  for (const root of roots) {
    for await (const name of filesOf(root)) {
      const path = join(root.folder, name);
      const located = root.locate(name);
      if (!located) continue;
      if ("problem" in located) leftOut.push(name);
      else if (located.camera.normalize() !== camera.normalize()) others.add(located.camera);
      else recordings.push({ name, path, startMs: await startOf(root, name, located.startMs) });
    }
  }
  if (recordings.length > 0) return { recordings: recordings.sort((a, b) => a.startMs - b.startMs), leftOut };
  const places = roots.map(({ folder }) => folder).join(", ");
  const known = others.size > 0 ? `; there are: ${[...others].sort().slice(0, 20).join(", ")}` : "";
  throw new UsageError(`no recordings of camera "${camera}" in ${places}${known}`);
}

/** When it was written tells two hours apart where clocks were set back: of this camera's files alone. */
async function startOf(root: RecordingsRoot, name: string, byNameMs: number): Promise<number> {
  const written = await stat(join(root.folder, name)).catch(() => undefined);
  const located = root.locate(name, written?.mtimeMs);
  return located && "startMs" in located ? located.startMs : byNameMs;
}

async function* filesOf({ folder, ignores }: RecordingsRoot): AsyncGenerator<string> {
  try {
    yield* walk(folder, ignores);
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    const problem = code === "ENOENT" ? "there is no such folder" : (refusals[code] ?? message);
    throw new UsageError(`cannot read the recordings in "${folder}": ${problem}`);
  }
}

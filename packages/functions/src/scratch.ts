import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Scratch } from "./deps.ts";

const PREFIX = "camclips-";

/** Folders for one render each, under `root`. Disposing removes the folder, also when the render failed. */
export function createScratch(root: string): () => Promise<Scratch> {
  return async () => {
    await mkdir(root, { recursive: true });
    const path = await mkdtemp(join(root, PREFIX));
    return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
  };
}

/** Removes what a killed process left behind. Only for a start at which nothing else uses `root`. */
export async function sweepScratch(root: string): Promise<void> {
  const names = await readdir(root).catch(() => []);
  await Promise.all(
    names
      .filter((name) => name.startsWith(PREFIX))
      .map((name) => rm(join(root, name), { recursive: true, force: true })),
  );
}

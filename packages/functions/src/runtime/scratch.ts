import { mkdir, mkdtemp, readdir, rm, rmdir, unlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Scratch } from "./deps.ts";

const PREFIX = "camclips-";

/** What `mkdtemp` makes of it: in a folder that others use, too, nothing else is touched. */
const OWN_NAME = /^camclips-(\d+)-[A-Za-z0-9]{6}$/;

/** Folders for one render each, under `root`. Disposing removes the folder, also when the render failed. */
export function createScratch(root: string): () => Promise<Scratch> {
  // Absolute, because ffmpeg runs inside of it.
  const make = () => mkdtemp(join(resolve(root), `${PREFIX}${process.pid}-`));
  return async () => {
    const path = await make().catch(async () => {
      await mkdir(root, { recursive: true });
      return make();
    });
    return { path, [Symbol.asyncDispose]: () => removeFolder(path) };
  };
}

/** A render leaves few files and no folders: to remove those by their names are half the calls. */
async function removeFolder(path: string): Promise<void> {
  try {
    await Promise.all((await readdir(path)).map((name) => unlink(join(path, name))));
    await rmdir(path);
  } catch {
    await rm(path, { recursive: true, force: true });
  }
}

/** Removes what killed processes left behind; the folders of living ones (`sst dev` runs several) stay. */
export async function sweepScratch(root: string): Promise<void> {
  const names = await readdir(root).catch(() => []);
  const left = names.filter((name) => {
    const pid = OWN_NAME.exec(name)?.[1];
    return pid !== undefined && !isAlive(Number(pid));
  });
  await Promise.all(left.map((name) => rm(join(root, name), { recursive: true, force: true })));
}

function isAlive(pid: number): boolean {
  // After a crash Lambda may start the next process under the same number: this one has no folder yet.
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

import { randomUUID } from "node:crypto";
import { link, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isRunning, thisProcess } from "./processes.ts";

/** Files that appear whole or not at all, whenever the process is killed. */

const UNFINISHED = ".unfinished";

/** A path for a file that is not finished yet, in the same file system as `path`. */
export function temporaryFor(root: string): string {
  return join(root, UNFINISHED, `${thisProcess}.${randomUUID()}`);
}

/** Removes what processes that are gone did not finish. */
export async function sweepUnfinished(root: string): Promise<void> {
  const folder = join(root, UNFINISHED);
  const names = await readdir(folder).catch(() => []);
  const abandoned = names.filter((name) => !isRunning(name.split(".", 1)[0] ?? ""));
  await Promise.all(abandoned.map((name) => rm(join(folder, name), { force: true })));
}

/** Gives a finished file its name. @returns false when `ifAbsent` and the name is taken; the file is gone then. */
export async function settle(temporary: string, path: string, ifAbsent: boolean): Promise<boolean> {
  try {
    await mkdir(dirname(path), { recursive: true });
    if (ifAbsent) await link(temporary, path);
    else await rename(temporary, path);
    return true;
  } catch (error) {
    if (ifAbsent && isCode(error, "EEXIST")) return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

export async function writeWhole(
  root: string,
  path: string,
  body: Uint8Array | string,
  ifAbsent = false,
): Promise<boolean> {
  const temporary = temporaryFor(root);
  await mkdir(dirname(temporary), { recursive: true });
  await writeFile(temporary, body).catch(async (error: unknown) => {
    await rm(temporary, { force: true });
    throw error;
  });
  return settle(temporary, path, ifAbsent);
}

export async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (isCode(error, "ENOENT") || isCode(error, "ENOTDIR") || isCode(error, "EISDIR")) return undefined;
    throw error;
  }
}

export const isCode = (error: unknown, code: string): boolean =>
  (error as NodeJS.ErrnoException | undefined)?.code === code;

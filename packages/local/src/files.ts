import { randomUUID } from "node:crypto";
import {
  constants,
  copyFile,
  link,
  lstat,
  mkdir,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  writeFile,
} from "node:fs/promises";
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

/** Runs `make`, which creates a file in `folder`; the folder is made when it turns out to be missing. */
export async function inFolder<T>(folder: string, make: () => Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    if (!isCode(error, "ENOENT")) throw error;
    await mkdir(folder, { recursive: true });
    return make();
  }
}

/** Gives a finished file its name. @returns false when `ifAbsent` and the name is taken; the file is gone then. */
export async function settle(temporary: string, path: string, ifAbsent: boolean): Promise<boolean> {
  try {
    await inFolder(dirname(path), () => (ifAbsent ? link(temporary, path) : rename(temporary, path)));
    return true;
  } catch (error) {
    if (ifAbsent && isCode(error, "EEXIST")) return false;
    throw error;
  } finally {
    // Renaming takes it away, except where the file has the other name already.
    await rm(temporary, { force: true });
  }
}

/**
 * Gives a file that nobody writes into any more a second name; across file systems, or where links are not allowed, the
 * kernel copies it, or shares its blocks where the file system can.
 */
export async function linkOrCopy(path: string, target: string): Promise<void> {
  try {
    const isLink = (await lstat(path)).isSymbolicLink();
    await link(isLink ? await realpath(path) : path, target);
  } catch (error) {
    if (isCode(error, "ENOENT") || isCode(error, "EEXIST")) throw error;
    await copyFile(path, target, constants.COPYFILE_FICLONE);
  }
}

/** Writes a file that has no name yet; nothing is left of it when that fails. */
export async function writeTemporary(root: string, body: Uint8Array | string, signal?: AbortSignal): Promise<string> {
  const temporary = temporaryFor(root);
  try {
    await inFolder(dirname(temporary), () => writeFile(temporary, body, { signal }));
    return temporary;
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

export async function writeWhole(
  root: string,
  path: string,
  body: Uint8Array | string,
  ifAbsent = false,
): Promise<boolean> {
  return settle(await writeTemporary(root, body), path, ifAbsent);
}

export async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (isAbsent(error) || isCode(error, "EISDIR")) return undefined;
    throw error;
  }
}

/** Whether there is no such file, and could be none of that name. */
export const isAbsent = (error: unknown): boolean =>
  ["ENOENT", "ENOTDIR", "ENAMETOOLONG"].some((code) => isCode(error, code));

export const isCode = (error: unknown, code: string): boolean =>
  (error as NodeJS.ErrnoException | undefined)?.code === code;

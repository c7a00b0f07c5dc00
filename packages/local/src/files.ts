import { randomUUID } from "node:crypto";
import { link, mkdir, readFile, rename, rm, unlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Files that appear whole or not at all, whenever the process is killed. */

let counter = 0;

/** A path for a file that is not finished yet, in the same file system as `path`. */
export function temporaryFor(root: string): string {
  counter += 1;
  return join(root, ".unfinished", `${process.pid}-${counter}-${randomUUID()}`);
}

/** Gives a finished file its name. @returns false when `ifAbsent` and the name is taken; the file is gone then. */
export async function settle(temporary: string, path: string, ifAbsent: boolean): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true });
  if (!ifAbsent) {
    await rename(temporary, path);
    return true;
  }
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    if (isCode(error, "EEXIST")) return false;
    throw error;
  } finally {
    await unlink(temporary);
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
    if (isCode(error, "ENOENT") || isCode(error, "ENOTDIR")) return undefined;
    throw error;
  }
}

export const isCode = (error: unknown, code: string): boolean =>
  (error as NodeJS.ErrnoException | undefined)?.code === code;

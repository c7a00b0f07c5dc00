import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { ObjectChangedError, type OpenObject } from "@camclips/core";
import { RangedObject } from "@camclips/core/ranged-object";
import { isCode } from "../files.ts";

/**
 * A recording as it is now. It may grow while it is read, since what is there stays as it is; one that is replaced or cut is
 * another one.
 * @returns undefined when there is no such file.
 */
export async function openRecording(path: string): Promise<OpenObject | undefined> {
  const opened = await lookAt(path);
  if (!opened) return undefined;
  return new RangedObject({
    size: opened.bytes,
    etag: `"${opened.inode}-${opened.bytes}"`,
    async fetchRange(start, end, signal) {
      const now = await lookAt(path);
      if (!now || now.inode !== opened.inode || now.bytes < opened.bytes)
        throw new ObjectChangedError(`${path} was replaced while it was read`);
      return createReadStream(path, { start, end: end - 1, signal });
    },
  });
}

async function lookAt(path: string): Promise<{ bytes: number; inode: number } | undefined> {
  try {
    const { size, ino } = await stat(path);
    return { bytes: size, inode: ino };
  } catch (error) {
    if (isCode(error, "ENOENT") || isCode(error, "ENOTDIR")) return undefined;
    throw error;
  }
}

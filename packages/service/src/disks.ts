import { statfs } from "node:fs/promises";

/** A clip needs about so much room; with less, nothing is accepted that would only fail. */
const LEAST_FREE_BYTES = 128 * 1024 ** 2;

/** The disk that a folder is on. */
export interface Disk {
  folder: string;
  /** 0 where the folder is not there. */
  freeBytes: number;
  totalBytes: number;
  /** What keeps clips from being made. */
  problem?: { isFull: boolean; text: string };
}

export async function diskOf(folder: string): Promise<Disk> {
  try {
    const { bavail, blocks, bsize } = await statfs(folder);
    const freeBytes = bavail * bsize;
    const isFull = freeBytes < LEAST_FREE_BYTES;
    const problem = { isFull, text: `the disk of ${folder} is full: free some space` };
    return { folder, freeBytes, totalBytes: blocks * bsize, ...(isFull && { problem }) };
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    const text = `the folder ${folder} cannot be used (${code}): bring its disk back, or create it`;
    return { folder, freeBytes: 0, totalBytes: 0, problem: { isFull: false, text } };
  }
}

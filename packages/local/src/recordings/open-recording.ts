import { type FileHandle, open } from "node:fs/promises";
import { ObjectChangedError, type OpenObject } from "@camclips/core";
import { RangedObject } from "@camclips/core/ranged-object";
import { isCode } from "../files.ts";

/** Node's own 64 KB are many calls for what a clip needs of a recording. */
const READ_BYTES = 1024 * 1024;

/**
 * A recording as it is now. It may grow while it is read, since what is there stays as it is; one that is replaced or cut is
 * another one.
 * @param allocate where what is read goes; streams go elsewhere
 * @returns undefined when there is no such file.
 */
export async function openRecording(
  path: string,
  allocate: (length: number) => Uint8Array<ArrayBuffer> = (length) => new Uint8Array(length),
): Promise<OpenObject | undefined> {
  const opened = await lookAt(path);
  if (!opened) return undefined;
  const { bytes: size, inode, writtenMs } = opened;

  /** Whoever opens it closes it. */
  const openSame = async (): Promise<FileHandle> => {
    const file = await openIfThere(path);
    const now = await file?.stat();
    if (file && now?.ino === inode && now.size >= size) return file;
    await file?.close();
    throw new ObjectChangedError(`${path} was replaced while it was read`);
  };

  const fetchRange = async (start: number, end: number, signal?: AbortSignal) =>
    (await openSame()).createReadStream({ start, end: end - 1, signal, highWaterMark: READ_BYTES });
  const object = new RangedObject({ size, etag: `"${inode}-${writtenMs}-${size}"`, fetchRange });
  // An index is read in small pieces, of tens of thousands of files: a stream for each would be most of the memory and the time.
  const readFrom = async (file: FileHandle, [start, end]: readonly [number, number], signal?: AbortSignal) => {
    signal?.throwIfAborted();
    const whole = allocate(Math.max(0, Math.min(end, size) - start));
    for (let filled = 0; filled < whole.length; ) {
      const { bytesRead } = await file.read(whole, filled, whole.length - filled, start + filled);
      if (bytesRead === 0) throw new ObjectChangedError(`${path} was cut while it was read`);
      filled += bytesRead;
    }
    object.fetched.bytes += whole.length;
    object.fetched.requests += 1;
    return whole;
  };
  object.read = async (start, end, signal) => {
    await using file = await openSame();
    return await readFrom(file, [start, end], signal);
  };
  const readMany: OpenObject["readMany"] = async (places, signal) => {
    await using file = await openSame();
    const read: Uint8Array[] = [];
    for (const place of places) read.push(await readFrom(file, place, signal));
    return read;
  };
  return Object.assign(object, { readMany });
}

async function lookAt(path: string): Promise<{ bytes: number; inode: number; writtenMs: number } | undefined> {
  await using file = await openIfThere(path);
  const found = await file?.stat();
  return found && { bytes: found.size, inode: found.ino, writtenMs: found.mtimeMs };
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path);
  } catch (error) {
    if (isCode(error, "ENOENT") || isCode(error, "ENOTDIR")) return undefined;
    throw error;
  }
}

import type { BigIntStats } from "node:fs";
import { open, stat } from "node:fs/promises";
import { isAbsent } from "./files.ts";

export interface Version {
  bytes: number;
  /** Inode, time and size: the same file before and after it gets its name. */
  version: string;
}

export async function versionOf(path: string): Promise<Version | undefined> {
  const found = await orAbsent(() => stat(path, { bigint: true }));
  return found?.isFile() ? versionIn(found) : undefined;
}

export const versionIn = ({ size, ino, mtimeNs }: BigIntStats): Version => ({
  bytes: Number(size),
  version: `${ino}-${mtimeNs}-${size}`,
});

/** Also a part of names of files that earlier versions wrote. */
export const shortName = ({ version }: Version): string =>
  version
    .split("-")
    .map((part) => BigInt(part).toString(36))
    .join("-");

/** Reads `[start, end)` at once: a stream would be more work than so few bytes. @throws what `changed` makes. */
export async function* readVersion(
  path: string,
  { version }: Version,
  [start, end]: [start: number, end: number],
  changed: () => Error,
): AsyncIterable<Uint8Array> {
  const bytes = Buffer.allocUnsafe(end - start);
  let length = 0;
  // Closed before the bytes are given away: whoever gets them may never come back.
  {
    await using file = await orAbsent(() => open(path));
    if (!file || versionIn(await file.stat({ bigint: true })).version !== version) throw changed();
    length = (await file.read(bytes, 0, bytes.length, start)).bytesRead;
  }
  yield bytes.subarray(0, length);
}

async function orAbsent<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, type ReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import type { ObjectStore, PutOptions } from "@camclips/core";

/** @throws Error when there is no such object. */
export async function downloadFile(store: ObjectStore, key: string, path: string, signal: AbortSignal): Promise<void> {
  const object = await store.open(key, signal);
  if (!object) throw new Error(`${key} is gone`);
  if (object.copyTo) await object.copyTo(path);
  else await pipeline(object.stream(0, object.size, signal), createWriteStream(path), { signal });
}

/** Node's own 64 KB are many calls for a clip. */
const READ_BYTES = 1024 * 1024;

const readFile = (path: string): ReadStream => createReadStream(path, { highWaterMark: READ_BYTES });

/** Lower-case hex, unless told otherwise. */
export async function sha256Of(
  path: string,
  signal: AbortSignal,
  encoding: "hex" | "base64url" = "hex",
): Promise<string> {
  const hash = createHash("sha256");
  await using file = await open(path);
  const { size } = await file.stat();
  const block = Buffer.allocUnsafe(Math.min(READ_BYTES, Math.max(1, size)));
  for (let at = 0; at < size; ) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(block);
    if (bytesRead === 0) throw new Error(`${path} became shorter while it was read`);
    hash.update(block.subarray(0, bytesRead));
    at += bytesRead;
  }
  return hash.digest(encoding);
}

/**
 * Of clips and pictures: caches may keep them, and ask each time whether they still are what they were. A rerun that tells
 * puts other bytes under the same key, whose sha256 everybody is told.
 */
export const SERVED = { cacheControl: "public, no-cache" };

/** What lies beside a clip names that clip's bytes: a picture of others is no picture of these. */
export const beside = (clip: { sha256: string }) => ({ clip: clip.sha256 });

/** Of what lies beside clips, by the ending of its key. */
export const CONTENT_TYPES = { jpg: "image/jpeg", png: "image/png", webp: "image/webp", vtt: "text/vtt" };

/** @returns size in bytes, and whether it was written (false: `ifAbsent`, and the key is taken). */
export async function uploadFile(
  store: ObjectStore,
  key: string,
  path: string,
  options: PutOptions,
): Promise<{ bytes: number; written: boolean }> {
  const { size: bytes } = await stat(path);
  const written = await store.putStream(key, () => readFile(path), bytes, { ...options, file: path });
  return { bytes, written };
}

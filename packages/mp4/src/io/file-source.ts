import { open } from "node:fs/promises";
import { MalformedBoxError } from "../errors.ts";
import type { ByteSource } from "./byte-source.ts";

const STREAM_CHUNK_BYTES = 1024 * 1024;

/** Random access to a local file. Dispose it to close the file. Reading past the end is a MalformedBoxError. */
export async function fileSource(path: string): Promise<ByteSource & AsyncDisposable> {
  const handle = await open(path, "r");
  const { size } = await handle.stat();

  async function read(start: number, end: number, signal?: AbortSignal, room?: Buffer): Promise<Uint8Array> {
    signal?.throwIfAborted();
    if (end > size) throw new MalformedBoxError(`bytes ${start} to ${end} asked of ${size}`);
    const bytes = room && room.length >= end - start ? room.subarray(0, end - start) : Buffer.allocUnsafe(end - start);
    for (let filled = 0; filled < bytes.length; ) {
      const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, start + filled);
      if (bytesRead === 0) throw new MalformedBoxError(`file became shorter than ${end} bytes`);
      filled += bytesRead;
    }
    return bytes;
  }

  async function* stream(start: number, end: number, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    for (let at = start; at < end; at += STREAM_CHUNK_BYTES) {
      yield await read(at, Math.min(end, at + STREAM_CHUNK_BYTES), signal);
    }
  }

  const readMany: ByteSource["readMany"] = (places, signal) =>
    Promise.all(places.map(([start, end]) => read(start, end, signal)));

  return { size, read, readMany, stream, [Symbol.asyncDispose]: () => handle.close() };
}

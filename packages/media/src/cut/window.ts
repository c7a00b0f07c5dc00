import type { ByteSource, Track } from "@camclips/mp4";

export const READ_BYTES = 1024 * 1024;

/** Serves what is read in order from pieces of a megabyte; what it gave is gone when it gives more. */
export class Window {
  readonly source: ByteSource;
  readonly #signal: AbortSignal | undefined;
  readonly #room: Buffer;
  #bytes: Buffer = Buffer.alloc(0);
  #start = 0;

  constructor(source: ByteSource, signal?: AbortSignal) {
    this.source = source;
    this.#signal = signal;
    this.#room = Buffer.allocUnsafe(Math.min(READ_BYTES, source.size));
  }

  async at(start: number, end: number): Promise<Buffer> {
    if (start < this.#start || end > this.#start + this.#bytes.length) {
      const until = Math.min(this.source.size, Math.max(end, start + READ_BYTES));
      const { buffer, byteOffset, byteLength } = await this.source.read(start, until, this.#signal, this.#room);
      this.#bytes = Buffer.from(buffer, byteOffset, byteLength);
      this.#start = start;
    }
    return this.#bytes.subarray(start - this.#start, end - this.#start);
  }
}

/** Where a sample is stored, bytes. */
export function rangeOf({ samples }: Track, index: number): [start: number, end: number] {
  const start = samples.offset[index] ?? 0;
  return [start, start + (samples.size[index] ?? 0)];
}

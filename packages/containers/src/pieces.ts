import type { ByteSource } from "@camclips/mp4";
import { NotTakenApartError } from "./frames.ts";

const PIECE_BYTES = 128 * 1024;
const MOST_KEPT = 64;
/** What may be read to find a range: hostile files would have all of them read many times. */
const MOST_BYTES = 256 * 1024 ** 2;
const MOST_LOOKS = 2_000_000;

/** A file that is looked at here and there: read in pieces, of which the latest are kept. */
export class Pieces {
  readonly size: number;
  readonly #source: ByteSource;
  readonly #signal: AbortSignal | undefined;
  readonly #kept = new Map<number, Promise<Buffer>>();
  #bytes = 0;
  #looks = 0;

  constructor(source: ByteSource, signal?: AbortSignal) {
    this.size = source.size;
    this.#source = source;
    this.#signal = signal;
  }

  /** The bytes from a position on: `least` or more, fewer at the file's end. */
  async at(position: number, least: number): Promise<Buffer> {
    this.#looks += 1;
    if (this.#looks > MOST_LOOKS) throw new NotTakenApartError("it is made of too many parts");
    const pieces: Buffer[] = [];
    const first = position - (position % PIECE_BYTES);
    for (let start = first; start < Math.min(this.size, position + least); start += PIECE_BYTES)
      pieces.push(await this.#piece(start));
    const [only = Buffer.alloc(0)] = pieces;
    return (pieces.length > 1 ? Buffer.concat(pieces) : only).subarray(position - first);
  }

  /** The same file without what lies behind a position. */
  until(end: number): Pieces {
    const source = this.#source;
    const shorter: ByteSource = {
      size: end,
      read: (from, to, signal) => source.read(from, to, signal),
      stream: (from, to, signal) => source.stream(from, to, signal),
    };
    return new Pieces(shorter, this.#signal);
  }

  /** All of it from a position on, without keeping any. */
  from(position: number): AsyncIterable<Uint8Array> {
    return this.#source.stream(position, this.size, this.#signal);
  }

  #piece(start: number): Promise<Buffer> {
    const piece = this.#kept.get(start) ?? this.#read(start);
    // The latest ones are last.
    this.#kept.delete(start);
    this.#kept.set(start, piece);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MOST_KEPT) break;
      this.#kept.delete(oldest);
    }
    return piece;
  }

  async #read(start: number): Promise<Buffer> {
    const end = Math.min(this.size, start + PIECE_BYTES);
    this.#bytes += end - start;
    if (this.#bytes > MOST_BYTES)
      throw new NotTakenApartError(`the range is not found within ${MOST_BYTES / 1024 ** 2} MB that were read`);
    return Buffer.from(await this.#source.read(start, end, this.#signal));
  }
}

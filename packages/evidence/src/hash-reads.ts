import { createHash, type Hash } from "node:crypto";
import type { ReadRange } from "@camclips/events";
import type { ByteSource } from "@camclips/mp4";

/** So much of a long read has a hash of its own: what is altered later is found as exactly as that. */
const PIECE_BYTES = 256 * 1024;

/** Of one recording; a clip of many keeps fewer of each. */
const MOST_PIECES = 256;

export interface HashedReads<Source extends ByteSource> {
  /** The same source; what is read through it is hashed on the way. */
  source: Source;
  /** What was read so far, in order of place; what was read twice is told once. */
  ranges(): ReadRange[];
}

/**
 * Hashes what is read of a source, so that nothing is read for the hashes alone.
 * @param mostPieces of one long read; where it has more, they are larger
 */
export function hashReads<Source extends ByteSource>(source: Source, mostPieces = MOST_PIECES): HashedReads<Source> {
  const ranges = new Map<string, ReadRange>();
  const note = (start: number, end: number, hash: Hash) => {
    if (end > start) ranges.set(`${start}-${end}`, { start, end, sha256: hash.digest("base64url") });
  };

  async function* stream(start: number, end: number, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    const piece = pieceBytes(Math.min(end, source.size) - start, mostPieces);
    let [from, at, hash] = [start, start, createHash("sha256")];
    try {
      for await (const chunk of source.stream(start, end, signal)) {
        for (let taken = 0; taken < chunk.byteLength; ) {
          const part = chunk.subarray(taken, taken + from + piece - at);
          hash.update(part);
          taken += part.byteLength;
          at += part.byteLength;
          if (at < from + piece) continue;
          note(from, at, hash);
          [from, hash] = [at, createHash("sha256")];
        }
        yield chunk;
      }
    } finally {
      note(from, at, hash);
    }
  }

  const read: ByteSource["read"] = async (start, end, signal) => {
    const bytes = await source.read(start, end, signal);
    note(start, start + bytes.byteLength, createHash("sha256").update(bytes));
    return bytes;
  };

  return {
    // What else the source is able to do, it still does itself.
    source: new Proxy(source, {
      get(target, name) {
        if (name === "read") return read;
        if (name === "stream") return stream;
        const value = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    }),
    ranges: () => [...ranges.values()].sort((a, b) => a.start - b.start || a.end - b.end),
  };
}

const pieceBytes = (length: number, most: number): number =>
  PIECE_BYTES * Math.max(1, Math.ceil(length / PIECE_BYTES / most));

import type { ByteSource } from "@camclips/mp4";

/** Bytes of a source with others put in. Nothing is read before it is asked for. */
export function withInserted(
  { bytes, offset, size }: { bytes: ByteSource; offset: number; size: number },
  at: number,
  inserted: Uint8Array,
): ByteSource {
  async function* stream(start: number, end: number, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    const behind = at + inserted.length;
    if (start < at) yield* bytes.stream(offset + start, offset + Math.min(end, at), signal);
    if (start < behind && end > at) yield inserted.subarray(Math.max(0, start - at), end - at);
    if (end > behind) {
      const from = offset + Math.max(start, behind) - inserted.length;
      yield* bytes.stream(from, offset + end - inserted.length, signal);
    }
  }
  return {
    size: size + inserted.length,
    stream,
    async read(start, end, signal) {
      return Buffer.concat(await Array.fromAsync(stream(start, end, signal)));
    },
  };
}

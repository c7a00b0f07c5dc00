import type { ByteSource } from "../io/byte-source.ts";
import type { Track } from "../read/movie.ts";

const READ_BYTES = 1024 * 1024;

/** The samples of a track in file order, many with each read. Their bytes hold until the next one is asked for. */
export async function* allSamples(
  source: ByteSource,
  track: Track,
  signal?: AbortSignal,
): AsyncGenerator<{ index: number; bytes: Buffer }> {
  const { offset, size, count } = track.samples;
  const start = (index: number) => offset[index] ?? 0;
  const end = (index: number) => start(index) + (size[index] ?? 0);
  const order = Uint32Array.from({ length: count }, (_, index) => index).sort((a, b) => start(a) - start(b));
  const room = Buffer.allocUnsafe(READ_BYTES);
  for (let first = 0; first < count; ) {
    const from = start(order[first] ?? 0);
    let to = end(order[first] ?? 0);
    let next = first + 1;
    for (; next < count && end(order[next] ?? 0) - from <= READ_BYTES; next++) to = Math.max(to, end(order[next] ?? 0));
    const { buffer, byteOffset, byteLength } = await source.read(from, to, signal, room);
    const bytes = Buffer.from(buffer, byteOffset, byteLength);
    for (const index of order.subarray(first, next))
      yield { index, bytes: bytes.subarray(start(index) - from, end(index) - from) };
    first = next;
  }
}

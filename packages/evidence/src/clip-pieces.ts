import type { ClipPiece } from "@camclips/events";
import { type ByteSource, type Movie, presentationSeconds, type Track } from "@camclips/mp4";
import { digestOf } from "./digest.ts";

/** The event that carries the pieces holds no more. */
const MOST_PIECES = 600;

interface Placed {
  offset: number;
  fromSeconds: number;
  toSeconds: number;
}

/**
 * Parts a finished clip, from its first byte to its last, into its index and stretches of a second each, or of several where the
 * clip is long, and hashes them: whatever is altered later is found to the second.
 */
export async function clipPieces(file: ByteSource, movie: Movie, signal?: AbortSignal): Promise<ClipPiece[]> {
  const samples = movie.tracks.flatMap(placedSamples).sort((a, b) => a.offset - b.offset);
  const lastSecond = samples.reduce((most, { toSeconds }) => Math.max(most, toSeconds), 0);
  const length = Math.max(1, Math.ceil(lastSecond / MOST_PIECES));
  const pieces: ClipPiece[] = [];
  const close = async (start: number, end: number, seconds?: [number, number]) => {
    if (end <= start) return;
    pieces.push({ start, end, sha256: digestOf(await file.read(start, end, signal)), ...(seconds && { seconds }) });
  };
  const [first] = samples;
  let start = first?.offset ?? file.size;
  await close(0, start);
  let until = length;
  let seconds: [number, number] | undefined;
  for (const { offset, fromSeconds, toSeconds } of samples) {
    if (fromSeconds >= until && offset > start) {
      await close(start, offset, seconds);
      [start, seconds] = [offset, undefined];
      until = (Math.floor(fromSeconds / length) + 1) * length;
    }
    seconds = [Math.min(seconds?.[0] ?? fromSeconds, fromSeconds), Math.max(seconds?.[1] ?? toSeconds, toSeconds)];
  }
  await close(start, file.size, seconds);
  return pieces;
}

function placedSamples(track: Track): Placed[] {
  const { count, offset, duration } = track.samples;
  return Array.from({ length: count }, (_, i) => {
    const seconds = presentationSeconds(track, i);
    return {
      offset: offset[i] ?? 0,
      fromSeconds: rounded(seconds),
      toSeconds: rounded(seconds + (duration[i] ?? 0) / track.timescale),
    };
  });
}

const rounded = (seconds: number): number => Math.max(0, Number(seconds.toFixed(3)));

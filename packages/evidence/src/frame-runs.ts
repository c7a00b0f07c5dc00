import type { ClockStart, FrameRun } from "@camclips/events";
import { type ByteSource, firstTrack, isPresented, type Movie, presentationSeconds, type Track } from "@camclips/mp4";
import { wallMsAt } from "./clock.ts";
import { digestOf } from "./digest.ts";

export interface ReadMovie {
  bytes: ByteSource;
  movie: Movie;
}

/** A recording, or what was staged of it. */
export interface FrameSource extends ReadMovie {
  /** Wall-clock instant of its presentation time 0. */
  zeroMs: number;
}

/** One instant, told by a clip and by its recording. */
const ROUNDING_MS = 2;

/**
 * Which frames of a clip are their recording's own bytes, and which were encoded: found by comparing, not taken from the plan
 * of the cut.
 */
export async function frameRuns(
  clip: ReadMovie,
  clock: readonly ClockStart[],
  sources: readonly FrameSource[],
  signal?: AbortSignal,
): Promise<FrameRun[]> {
  const video = firstTrack(clip.movie, "vide");
  if (!video) return [];
  const frames = shownFrames(video);
  const known = await framesOf(
    sources,
    [0, frames.length - 1].map((at) => wallMsAt(clock, frames[at]?.seconds ?? 0)),
    signal,
  );
  const runs: FrameRun[] = [];
  for (const [at, { index, seconds }] of frames.entries()) {
    const wallMs = wallMsAt(clock, seconds);
    const found = nearest(known.get(await hashOf(video, index, clip.bytes, signal)) ?? [], wallMs);
    const endMs = wallMs + (frameEnd(video, frames, at) - seconds) * 1000;
    const made = found ? "copied" : "encoded";
    const last = runs.at(-1);
    if (last && last.made === made && last.source === found?.source) {
      last.to = at + 1;
      last.endMs = rounded(endMs);
    } else {
      const source = found && { source: found.source };
      runs.push({ from: at, to: at + 1, made, ...source, startMs: rounded(wallMs), endMs: rounded(endMs) });
    }
  }
  return runs;
}

interface Shown {
  index: number;
  seconds: number;
}

/** In the order in which they are shown. */
function shownFrames(track: Track): Shown[] {
  const shown: Shown[] = [];
  for (let index = 0; index < track.samples.count; index++)
    if (isPresented(track, index)) shown.push({ index, seconds: presentationSeconds(track, index) });
  return shown.sort((a, b) => a.seconds - b.seconds);
}

function frameEnd(track: Track, frames: readonly Shown[], at: number): number {
  const { index, seconds } = frames[at] ?? { index: 0, seconds: 0 };
  return frames[at + 1]?.seconds ?? seconds + (track.samples.duration[index] ?? 0) / track.timescale;
}

/** A frame of a source, by the hash of its bytes; a still scene has the same bytes several times. */
type Known = Map<string, SourceFrame[]>;
interface SourceFrame {
  source: number;
  wallMs: number;
}

/** The frames that a clip may show: those of its time, and the one before, which may stand at its start. */
async function framesOf(
  sources: readonly FrameSource[],
  [firstMs = 0, lastMs = 0]: readonly number[],
  signal?: AbortSignal,
): Promise<Known> {
  const known: Known = new Map();
  for (const [source, { bytes, movie, zeroMs }] of sources.entries()) {
    const track = firstTrack(movie, "vide");
    const frames = track
      ? shownFrames(track).map((frame) => ({ ...frame, wallMs: zeroMs + frame.seconds * 1000 }))
      : [];
    const begin = frames.findIndex(({ wallMs }) => wallMs >= firstMs - ROUNDING_MS);
    const wanted = frames.slice(begin < 0 ? -1 : Math.max(0, begin - 1));
    for (const { index, wallMs } of wanted) {
      if (!track || wallMs > lastMs + ROUNDING_MS) break;
      const hash = await hashOf(track, index, bytes, signal);
      known.set(hash, [...(known.get(hash) ?? []), { source, wallMs }]);
    }
  }
  return known;
}

function nearest(candidates: readonly SourceFrame[], wallMs: number): SourceFrame | undefined {
  const distance = (candidate: SourceFrame) => Math.abs(candidate.wallMs - wallMs);
  return candidates.toSorted((a, b) => distance(a) - distance(b))[0];
}

async function hashOf(track: Track, index: number, bytes: ByteSource, signal?: AbortSignal): Promise<string> {
  const start = track.samples.offset[index] ?? 0;
  return digestOf(await bytes.read(start, start + (track.samples.size[index] ?? 0), signal));
}

const rounded = (ms: number): number => Number(ms.toFixed(3));

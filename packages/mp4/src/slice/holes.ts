import {
  isPresented,
  presentationSeconds,
  presentationTicks,
  presentedRange,
  presentedSeconds,
  presentedSpans,
  type Track,
} from "../read/movie.ts";
import { usualDuration } from "../read/spans.ts";
import { isHeard } from "./is-heard.ts";
import type { Hole, SliceRange } from "./slice.ts";

/** Longer than any camera's frame interval. Cameras that send no frames while nothing moves go on with their audio. */
export const LONG_SECONDS = 1;

/**
 * The times around a range in which no frame starts for long, though the recording goes on afterwards, and no audio is
 * there either: its camera or its connection was away.
 */
export function holesIn(video: Track, audio: Track | undefined, range: SliceRange): Hole[] {
  const times = presentedSeconds(video);
  let spans: ReturnType<typeof presentedSpans> | undefined;
  const usual = usualSeconds(video);
  const holes: Hole[] = [];
  for (let i = 1; i < times.length; i++) {
    const startSeconds = (times[i - 1] ?? 0) + usual;
    const endSeconds = times[i] ?? 0;
    if (endSeconds - startSeconds <= LONG_SECONDS) continue;
    if (endSeconds <= range.fromSeconds || startSeconds >= range.toSeconds) continue;
    spans ??= audio ? presentedSpans(audio) : [];
    if (!isHeard(spans, startSeconds, endSeconds)) holes.push({ startSeconds, endSeconds });
  }
  return holes;
}

/**
 * Start of the first and end of the last presented frame. Some writers let the last one stand until they were told to stop,
 * hours later: it counts as long as the longest of the others does, a second at least, or until the audio ends.
 * @param leastSeconds how long others are known to last, which the track does not hold
 */
export function knownRange(
  video: Track,
  audio: Track | undefined,
  counts: (index: number) => boolean,
  leastSeconds = LONG_SECONDS,
): { startSeconds: number; endSeconds: number } | undefined {
  const range = presentedRange(video, counts);
  if (!range) return undefined;
  const { samples, timescale } = video;
  let last = -1;
  for (let i = 0; i < samples.count; i++) {
    if (!isPresented(video, i) || !counts(i)) continue;
    if (last < 0 || presentationTicks(video, i) > presentationTicks(video, last)) last = i;
  }
  const lastSeconds = presentationSeconds(video, last);
  if (range.endSeconds <= lastSeconds + leastSeconds) return range;
  let longest = leastSeconds;
  for (let i = 0; i < samples.count; i++)
    if (i !== last) longest = Math.max(longest, (samples.duration[i] ?? 0) / timescale);
  const known = Math.max(lastSeconds + longest, (audio && presentedSpans(audio).at(-1)?.[1]) ?? 0);
  return { ...range, endSeconds: Math.min(range.endSeconds, known) };
}

/** The most usual duration of a frame. */
export function usualSeconds({ samples, timescale }: Track): number {
  return usualDuration(samples.duration) / timescale;
}

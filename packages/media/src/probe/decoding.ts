import { TIME_TOLERANCE_SECONDS } from "@camclips/mp4";
import type { MediaProbe } from "./probe.ts";

/**
 * A seek lands on the keyframe before this much earlier instant. Frames are stored up to 16 places away from where they are
 * shown (H.264, A.3.1; H.265, A.4.2), and behind a keyframe of an open GOP decoders drop as many. At a few frames a second
 * that is many seconds.
 */
const SEEK_MARGIN_FRAMES = 32;
const SEEK_MARGIN_SECONDS = 1;
/** A frame of 4K takes 12 MB, and every thread holds some: for larger pictures than these, one thread decodes. */
const MOST_PIXELS = 2560 * 1440;

/** How many threads decode pictures of a size, of `threads` there are. */
export function decoderThreads({ width, height }: { width: number; height: number }, threads: number): number {
  return width * height > MOST_PIXELS ? 1 : threads;
}

/**
 * Input options that start reading at a keyframe well before `firstSeconds` of the file's own timeline.
 * @param probe of the file; absent when no picture is decoded
 */
export function seekArguments(firstSeconds: number, probe?: Pick<MediaProbe, "video">): string[] {
  // What a slice begins with is early enough; its other keyframes need not be.
  if (probe?.video.refreshes) return [];
  const times = probe?.video.times ?? [];
  const first = times.findIndex((time) => time >= firstSeconds - TIME_TOLERANCE_SECONDS);
  const frames = probe ? (times[first - SEEK_MARGIN_FRAMES] ?? 0) : Number.POSITIVE_INFINITY;
  const seek = Math.min(firstSeconds - SEEK_MARGIN_SECONDS, frames);
  return seek > 0 ? seekTo(seek) : [];
}

/** Input options that start reading at the keyframe at or before an instant of the file's own timeline. */
export function seekTo(seconds: number): string[] {
  return ["-noaccurate_seek", "-seek_timestamp", "1", "-ss", Math.max(0, seconds).toFixed(6)];
}

import { FRAME_TOLERANCE_SECONDS, TIME_TOLERANCE_SECONDS } from "@camclips/mp4";
import type { ClockAnchor } from "../timeline/wall-clock.ts";

/** A second of the wall clock, and when the clip shows it. */
export interface ClockSecond {
  fromSeconds: number;
  toSeconds: number;
  wallMs: number;
}

/** A frame shows the second in which it was recorded; as everywhere, up to half a millisecond before counts as within. */
const TOLERANCE_MS = FRAME_TOLERANCE_SECONDS * 1000;

/** The start of the second that a frame of this instant shows. */
export function secondOf(wallMs: number): number {
  return Math.floor((wallMs + TOLERANCE_MS) / 1000) * 1000;
}

/**
 * The seconds that a clip shows, also while one frame stands for several, and across gaps that were left out. Each begins with its
 * first frame, to the tick, where there is one.
 * @param frameSeconds of all frames, ascending
 */
export function clockSeconds(
  anchors: readonly ClockAnchor[],
  durationSeconds: number,
  frameSeconds: ArrayLike<number>,
): ClockSecond[] {
  const seconds: ClockSecond[] = [];
  for (const [index, anchor] of anchors.entries()) {
    const untilSeconds = anchors[index + 1]?.seconds ?? durationSeconds;
    let wallMs = secondOf(anchor.wallMs);
    for (let from = anchor.seconds; from < untilSeconds; wallMs += 1000) {
      const next = anchor.seconds + (wallMs + 1000 - anchor.wallMs) / 1000;
      const to = next < untilSeconds - TIME_TOLERANCE_SECONDS ? atFrame(next, frameSeconds) : untilSeconds;
      const last = seconds.at(-1);
      if (last?.wallMs === wallMs) last.toSeconds = to;
      else seconds.push({ fromSeconds: from, toSeconds: to, wallMs });
      from = to;
    }
  }
  return seconds;
}

/** The time of the frame that is there, where its own is a little off. */
function atFrame(seconds: number, frameSeconds: ArrayLike<number>): number {
  const earliest = seconds - FRAME_TOLERANCE_SECONDS;
  let [low, high] = [0, frameSeconds.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((frameSeconds[middle] ?? 0) < earliest) low = middle + 1;
    else high = middle;
  }
  const frame = frameSeconds[low];
  return frame !== undefined && frame <= seconds + TIME_TOLERANCE_SECONDS ? frame : seconds;
}

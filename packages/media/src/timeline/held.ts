import { FRAME_TOLERANCE_SECONDS } from "@camclips/mp4";
import { round } from "./coverage.ts";
import type { Run } from "./runs.ts";

/** So many intervals from one frame to the next: two or more are missing between them. */
const MISSING_INTERVALS = 3;
/** An event has room for so many. */
const MOST_TOLD = 200;

/**
 * Where a frame stands because the camera's next ones are missing: no gap, as nothing is left out of the clip, but not all that was
 * to be seen either. Cameras whose rate varies send no more, so of these nothing is told.
 */
export function heldParts(runs: readonly Run[]): [startMs: number, endMs: number][] {
  const parts = runs.flatMap(({ framesMs, intervalMs, endMs, gapAfter, regular }, index) => {
    const next = runs[index + 1];
    const untilMs = next && !gapAfter ? next.startMs : endMs;
    return framesMs.flatMap((frameMs, i): [number, number][] => {
      const nextMs = framesMs[i + 1] ?? untilMs;
      const isHeld = regular && nextMs - frameMs >= MISSING_INTERVALS * intervalMs - FRAME_TOLERANCE_SECONDS * 1000;
      return isHeld ? [[round(frameMs + intervalMs), round(nextMs)]] : [];
    });
  });
  return parts.slice(0, MOST_TOLD);
}

import type { Footage } from "./coverage.ts";

/** A stretch that two recordings of a camera claim. */
export interface Overlap {
  startMs: number;
  endMs: number;
  /** Keys; the second started later, and is what clips show there. */
  recordings: [first: string, second: string];
}

/**
 * Recordings that reach further into another one than clocks and names are off: a file that was copied, a clock that jumped back, two recorders of one
 * camera.
 */
export function overlapsIn(footage: readonly Footage[], toleranceMs: number): Overlap[] {
  const sorted = footage.toSorted((a, b) => a.startMs - b.startMs || (a.key < b.key ? -1 : 1));
  let reaching: Footage | undefined;
  return sorted.flatMap((recording): Overlap[] => {
    const before = reaching;
    if (!before || recording.endMs > before.endMs) reaching = recording;
    if (!before || before.endMs - recording.startMs <= toleranceMs) return [];
    const { startMs, endMs } = recording;
    return [{ startMs, endMs: Math.min(endMs, before.endMs), recordings: [before.key, recording.key] }];
  });
}

import type { Footage } from "./coverage.ts";

type Times = Pick<Footage, "startMs" | "endMs">;

/**
 * Until when a recording may go whose end nobody tells: starts of later ones before which no other one has the time, for
 * longer than a join, and `longestMs` where none has it behind them.
 * @param all in time order; those whose end is unknown, too, have the time for good (infinity)
 */
export function possibleEnds(
  all: readonly Times[],
  firstLater: number,
  { longestMs, joinToleranceMs }: { longestMs: number; joinToleranceMs: number },
): number[] {
  const ends: number[] = [];
  let reachedMs = Number.NEGATIVE_INFINITY;
  for (let at = firstLater; at < all.length; at += 1) {
    const { startMs, endMs } = all[at] as Times;
    if (startMs >= longestMs || reachedMs >= longestMs) break;
    if (startMs - reachedMs > joinToleranceMs) ends.push(startMs);
    reachedMs = Math.max(reachedMs, endMs);
  }
  return longestMs - reachedMs > joinToleranceMs ? [...ends, longestMs] : ends;
}

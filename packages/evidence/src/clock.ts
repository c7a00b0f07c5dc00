import type { ClockStart, Coverage, GapPolicy } from "@camclips/events";

/** The instants that a clip's seconds show: where gaps are left out of it, the clock goes on behind each. */
export function clockOf({ requested, delivered, startErrorMs }: Coverage, gapPolicy: GapPolicy): ClockStart[] {
  const isClosed = gapPolicy === "SKIP_GAPS" || gapPolicy === "REJECT";
  if (!isClosed || delivered.length === 0) return [{ atSeconds: 0, startMs: requested[0] + startErrorMs }];
  let atSeconds = 0;
  return delivered.map(([startMs, endMs]) => {
    const start = { atSeconds: Number(atSeconds.toFixed(6)), startMs };
    atSeconds += (endMs - startMs) / 1000;
    return start;
  });
}

/** Behind a start by less, a frame is still of what went before: times are rounded. */
const ROUNDING_SECONDS = 0.001;

export function wallMsAt(clock: readonly ClockStart[], seconds: number): number {
  const start = clock.findLast(({ atSeconds }) => atSeconds <= seconds + ROUNDING_SECONDS) ?? clock[0];
  return (start?.startMs ?? 0) + (seconds - (start?.atSeconds ?? 0)) * 1000;
}

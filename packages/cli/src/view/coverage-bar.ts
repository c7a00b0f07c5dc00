import type { Interval } from "@camclips/events";

const WIDTH = 72;
/** By how much of it is covered. */
const LEVELS = " ░▒▓█";

/** A line that shows how much of each part of a range is covered. @param spans in time order, not overlapping */
export function coverageBar([start, end]: Interval, spans: readonly Interval[], width = WIDTH): string {
  const step = (end - start) / width;
  const cells = Array.from({ length: width }, (_, index) => {
    const [from, to] = [start + index * step, start + (index + 1) * step];
    const covered = spans.reduce((sum, span) => sum + Math.max(0, Math.min(to, span[1]) - Math.max(from, span[0])), 0);
    const share = covered / step;
    // Only what is whole looks whole, and only what is nothing looks so.
    const level = share > 0.999 ? 4 : share < 0.001 ? 0 : 1 + Math.min(2, Math.floor(share * 3));
    return LEVELS[level];
  });
  return `[${cells.join("")}]`;
}

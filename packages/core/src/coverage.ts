import type { Interval, LocatedSource } from "@camclips/events";

/** Wall-clock interval of one recording, epoch ms. */
export interface Footage {
  key: string;
  startMs: number;
  endMs: number;
  /** Of a segment without a header of its own: the key of that. */
  initKey?: string | undefined;
}

export interface PartPlan {
  /** In time order; every instant is supplied once. */
  parts: LocatedSource[];
  /** What no recording supplies. */
  holes: Interval[];
}

/**
 * Spreads a range over recordings. Where two overlap, the earlier one ends where the later one starts; a hole of up to
 * `joinToleranceMs` between two recordings is a join, not a hole: camera clocks drift, and names are rounded.
 */
export function planParts([start, end]: Interval, footage: readonly Footage[], joinToleranceMs: number): PartPlan {
  const recordings = withoutContained(footage);
  const parts: LocatedSource[] = [];
  const covered: Interval[] = [];
  recordings.forEach((recording, index) => {
    const next = recordings[index + 1];
    const reaches = next && next.startMs - recording.endMs <= joinToleranceMs ? next.startMs : recording.endMs;
    const fromMs = Math.max(recording.startMs, start);
    const toMs = Math.min(reaches, end);
    if (toMs <= fromMs) return;
    covered.push([fromMs, toMs]);
    // Inside a join the recording has no frame to give, though nothing is missing.
    if (fromMs < recording.endMs) parts.push({ ...recording, fromMs, toMs });
  });
  // Wholly inside a join there is nothing to hold: a clip needs one frame at least.
  return { parts, holes: parts.length === 0 ? [[start, end]] : holesIn([start, end], covered) };
}

/** The parts of a range that no interval covers. `covered` in time order, not overlapping. */
export function holesIn([start, end]: Interval, covered: readonly Interval[]): Interval[] {
  const holes: Interval[] = [];
  let at = start;
  for (const [from, to] of covered) {
    if (from > at) holes.push([at, from]);
    at = Math.max(at, to);
  }
  if (at < end) holes.push([at, end]);
  return holes;
}

/** In time order, starts and ends both growing: a recording that lies within another one adds nothing. */
function withoutContained(footage: readonly Footage[]): Footage[] {
  const sorted = footage.filter(({ startMs, endMs }) => endMs > startMs);
  sorted.sort((a, b) => a.startMs - b.startMs || b.endMs - a.endMs || (a.key < b.key ? -1 : 1));
  let reached = Number.NEGATIVE_INFINITY;
  return sorted.filter(({ endMs }) => {
    const adds = endMs > reached;
    reached = Math.max(reached, endMs);
    return adds;
  });
}

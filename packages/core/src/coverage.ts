import type { Interval, LocatedSource } from "@camclips/events";

/** Wall-clock interval of one recording, epoch ms. */
export interface Footage {
  key: string;
  startMs: number;
  endMs: number;
  /** When its recording began, where this is what was left of it. */
  begunMs?: number;
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
 * Spreads a range over recordings. Where several claim an instant, the one that began last is shown; where it ends, the one
 * before goes on. A hole of up to `joinToleranceMs` between two recordings is a join, not a hole: camera clocks drift, and
 * names are rounded.
 */
export function planParts([start, end]: Interval, footage: readonly Footage[], joinToleranceMs: number): PartPlan {
  const stretches = stretchesOf(footage, joinToleranceMs);
  const parts: LocatedSource[] = [];
  const covered: Interval[] = [];
  stretches.forEach((stretch, index) => {
    const next = stretches[index + 1];
    const reaches = next && next.fromMs - stretch.toMs <= joinToleranceMs ? next.fromMs : stretch.toMs;
    const fromMs = Math.max(stretch.fromMs, start);
    const toMs = Math.min(reaches, end);
    if (toMs <= fromMs) return;
    covered.push([fromMs, toMs]);
    // Inside a join the recording has no frame to give, though nothing is missing.
    if (fromMs < stretch.toMs) parts.push({ ...stretch.recording, fromMs, toMs });
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

/** A time during which one recording is shown. */
interface Stretch {
  recording: Footage;
  fromMs: number;
  toMs: number;
}

function stretchesOf(footage: readonly Footage[], joinToleranceMs: number): Stretch[] {
  const stretches: Stretch[] = [];
  /** Those that go on, the one that is shown last. */
  const open: Footage[] = [];
  let at = Number.NEGATIVE_INFINITY;
  for (const recording of inOrder(footage)) {
    showUntil(recording.startMs);
    at = recording.startMs;
    open.splice(open.findLastIndex((other) => begunMs(other) < begunMs(recording)) + 1, 0, recording);
  }
  showUntil(Number.POSITIVE_INFINITY);
  // Between two that follow one another within a third that goes on, this one is not shown for a moment.
  const isJoin = ({ recording, fromMs, toMs }: Stretch) =>
    fromMs > recording.startMs && toMs - fromMs <= joinToleranceMs && recording.endMs - toMs > joinToleranceMs;
  return stretches.filter((stretch) => !isJoin(stretch));

  function showUntil(untilMs: number): void {
    for (let shown = open.at(-1); shown && at < untilMs; shown = open.at(-1)) {
      const toMs = Math.min(shown.endMs, untilMs);
      if (toMs > at) show(shown, toMs);
      if (shown.endMs <= untilMs) open.pop();
    }
  }

  function show(recording: Footage, toMs: number): void {
    const last = stretches.at(-1);
    if (last?.recording === recording && last.toMs === at) last.toMs = toMs;
    else stretches.push({ recording, fromMs: at, toMs });
    at = toMs;
  }
}

const begunMs = (footage: Footage): number => footage.begunMs ?? footage.startMs;

/** By their starts; of those that start together, the longest first: the others lie within it. */
const inOrder = (footage: readonly Footage[]): Footage[] =>
  footage
    .filter(({ startMs, endMs }) => endMs > startMs)
    .sort((a, b) => a.startMs - b.startMs || b.endMs - a.endMs || (a.key < b.key ? -1 : 1));

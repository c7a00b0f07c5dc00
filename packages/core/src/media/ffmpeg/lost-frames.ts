import type { Gap } from "@camclips/events";
import { CorruptSourceError, VerificationError } from "../errors.ts";
import type { RenderJob } from "../types.ts";
import type { Timeline } from "./timeline.ts";

/**
 * What frames that could not be decoded make of a clip: the frame before stands in for them, and where that lasts longer
 * than a join may, it is a gap.
 * @param missing indices into the timeline's expected frames, ascending.
 * @throws CorruptSourceError when a source gave no frame at all, VerificationError when filled-in frames are missing.
 */
export function lostGaps(
  job: RenderJob,
  timeline: Timeline,
  missing: readonly number[],
): Pick<Timeline, "delivered" | "gaps"> {
  if (missing.length === 0) return { delivered: timeline.delivered, gaps: timeline.gaps };
  checkSources(job, timeline, missing);
  const intervalMs = timeline.intervalSeconds * 1000;
  const lost = stretches(missing).map(([first, last]) => ({
    startMs: timeline.expected[first]?.wallMs ?? 0,
    endMs: (timeline.expected[last]?.wallMs ?? 0) + intervalMs,
    cause: "CORRUPT_SOURCE" as const,
  }));
  const long = lost.filter(({ startMs, endMs }) => endMs - startMs > job.joinToleranceMs);
  const gaps = [...timeline.gaps, ...long].sort((a, b) => a.startMs - b.startMs);
  return { delivered: without(timeline.delivered, long), gaps };
}

function checkSources(job: RenderJob, { expected }: Timeline, missing: readonly number[]): void {
  const lost = new Set(missing);
  if (missing.some((index) => expected[index]?.source === undefined)) {
    throw new VerificationError("frames that fill a gap are missing from the clip");
  }
  for (const [index, { path }] of job.sources.entries()) {
    const own = expected.flatMap(({ source }, frame) => (source === index ? [frame] : []));
    if (own.length > 0 && own.every((frame) => lost.has(frame))) {
      throw new CorruptSourceError(path, "none of its frames can be decoded");
    }
  }
}

function stretches(indices: readonly number[]): [first: number, last: number][] {
  const found: [number, number][] = [];
  for (const index of indices) {
    const previous = found.at(-1);
    if (previous !== undefined && previous[1] === index - 1) previous[1] = index;
    else found.push([index, index]);
  }
  return found;
}

function without(parts: readonly [number, number][], gaps: readonly Gap[]): [number, number][] {
  return gaps.reduce<[number, number][]>(
    (left, gap) =>
      left.flatMap(([startMs, endMs]) => {
        const before: [number, number] = [startMs, Math.min(endMs, gap.startMs)];
        const after: [number, number] = [Math.max(startMs, gap.endMs), endMs];
        return [before, after].filter(([from, to]) => from < to);
      }),
    [...parts],
  );
}

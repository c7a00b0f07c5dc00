import type { Gap } from "@camclips/events";
import type { RenderJob } from "../media-engine.ts";
import type { MediaProbe } from "../probe/probe.ts";
import type { Run } from "./runs.ts";

/** Parts of the range that no source holds, and why. */
export function findGaps(job: RenderJob, runs: readonly Run[], probes: readonly MediaProbe[]): Gap[] {
  const gaps: Gap[] = [];
  for (const [index, run] of runs.entries()) {
    const previous = runs[index - 1];
    const startMs = previous?.endMs ?? job.startMs;
    if (run.gapBefore)
      gaps.push({ startMs: round(startMs), endMs: round(run.startMs), cause: causeAfter(previous, probes) });
  }
  const last = runs.at(-1);
  if (last?.gapAfter) gaps.push({ startMs: round(last.endMs), endMs: job.endMs, cause: causeAfter(last, probes) });
  return gaps;
}

function causeAfter(run: Run | undefined, probes: readonly MediaProbe[]): Gap["cause"] {
  return run !== undefined && probes[run.source]?.damaged ? "CORRUPT_SOURCE" : "NOT_RECORDED";
}

/** Parts of the range that the sources hold. */
export function deliveredParts(job: RenderJob, runs: readonly Run[]): [number, number][] {
  const parts: [number, number][] = [];
  for (const run of runs) {
    const endMs = round(Math.min(run.endMs, job.endMs));
    const previous = parts.at(-1);
    if (previous === undefined || run.gapBefore) parts.push([round(Math.max(run.startMs, job.startMs)), endMs]);
    else previous[1] = endMs;
  }
  return parts;
}

/** A thousandth of a millisecond is enough, and hides the noise of floating point. */
export function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

import type { Gap } from "@camclips/events";
import { CorruptSourceError } from "@camclips/mp4";
import { VerificationError } from "../errors.ts";
import type { RenderJob, RenderReport } from "../media-engine.ts";
import { round } from "../timeline/coverage.ts";
import { stretches } from "../timeline/stretches.ts";
import type { Timeline } from "../timeline/timeline.ts";

type Coverage = Pick<RenderReport, "delivered" | "gaps" | "held" | "startErrorMs" | "endErrorMs">;

/**
 * What the clip covers, after frames that could not be decoded. The frame before stands in for a lost one; where that
 * lasts longer than a join may, or where the clip ends with it, it is a gap.
 * @param missing indices into the timeline's expected frames, ascending.
 * @param log what ffmpeg said while it decoded.
 * @throws CorruptSourceError when a source gave no frame at all, VerificationError when frames are missing that are not
 * lost to a damaged source.
 */
export function coverageWithout(job: RenderJob, timeline: Timeline, missing: readonly number[], log: string): Coverage {
  const { expected, intervalSeconds, delivered, startErrorMs, endErrorMs } = timeline;
  const planned = { delivered, gaps: timeline.gaps, held: timeline.held, startErrorMs, endErrorMs };
  if (missing.length === 0) return planned;
  checkBlame(job, timeline, missing, log);
  const intervalMs = intervalSeconds * 1000;
  const wallMs = (frame: number) => expected[frame]?.wallMs ?? Number.NaN;
  const lost = stretches(missing).map(([first, last]) => ({
    first,
    last,
    startMs: round(first === 0 ? wallMs(0) : wallMs(first - 1) + intervalMs),
    endMs: round(last === expected.length - 1 ? wallMs(last) + intervalMs : wallMs(last + 1)),
    cause: "CORRUPT_SOURCE" as const,
  }));
  const head = lost.find(({ first }) => first === 0);
  const tail = lost.find(({ last }) => last === expected.length - 1);
  const gaps = lost
    .filter((gap) => gap === head || gap === tail || gap.endMs - gap.startMs > job.joinToleranceMs)
    .map(({ startMs, endMs, cause }) => ({ startMs, endMs, cause }));
  const isGap = ({ startMs }: (typeof lost)[number]) => gaps.some((gap) => gap.startMs === startMs);
  const held = lost.filter((part) => part.last > part.first && !isGap(part));
  const shortened = tail === undefined ? 0 : tail.endMs - tail.startMs;
  return {
    delivered: without(timeline.delivered, gaps),
    gaps: merged([...timeline.gaps, ...gaps].sort((a, b) => a.startMs - b.startMs)),
    held: [...timeline.held, ...held.map(({ startMs, endMs }): [number, number] => [startMs, endMs])],
    startErrorMs: head === undefined ? timeline.startErrorMs : round(head.endMs - job.startMs),
    endErrorMs: round(timeline.endErrorMs - shortened),
  };
}

const DECODING_TROUBLE = /error|corrupt|invalid|conceal|missing|partial|truncat|non-existing|out of range|overread/i;

function checkBlame(job: RenderJob, { expected }: Timeline, missing: readonly number[], log: string): void {
  const lacksPackets = job.sources.some(({ brokenSeconds = [] }) => brokenSeconds.length > 0);
  const isExplained = lacksPackets || DECODING_TROUBLE.test(log);
  if (!isExplained || missing.some((index) => expected[index]?.source === undefined)) {
    throw new VerificationError(`the clip lacks ${missing.length} of ${expected.length} frames`);
  }
  const lost = new Set(missing);
  for (const [index, { path }] of job.sources.entries()) {
    const own = expected.flatMap(({ source }, frame) => (source === index ? [frame] : []));
    if (own.length > 0 && own.every((frame) => lost.has(frame))) {
      throw new CorruptSourceError(path, "none of its frames can be decoded");
    }
  }
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

/** Gaps of one cause that touch are one gap. */
function merged(gaps: readonly Gap[]): Gap[] {
  const result: Gap[] = [];
  for (const gap of gaps) {
    const previous = result.at(-1);
    if (previous !== undefined && previous.cause === gap.cause && gap.startMs - previous.endMs < 1) {
      previous.endMs = gap.endMs;
    } else result.push({ ...gap });
  }
  return result;
}

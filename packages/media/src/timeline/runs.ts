import { isHeard } from "@camclips/mp4";
import { TIMESCALE } from "../ffmpeg/settings.ts";
import type { RenderJob, RenderSource } from "../media-engine.ts";
import type { AudioProbe, MediaProbe } from "../probe/probe.ts";
import { FRAME_TOLERANCE_MS, requireFrames, requireStanding } from "./require-frames.ts";

/** Frames of one source that belong to the clip and follow each other without a gap. Instants are epoch ms. */
export interface Run {
  /** Index into the job's sources. */
  source: number;
  framesMs: number[];
  /** Start of the first and end of the last frame. */
  startMs: number;
  endMs: number;
  intervalMs: number;
  /** Frames that come late are exceptions. */
  regular: boolean;
  /** Before and behind this run a part of the clip is missing. */
  gapBefore: boolean;
  gapAfter: boolean;
  /** On the source's own timeline, seconds: first and last frame, and two instants between frames that cut the run out. */
  cuts: { firstSeconds: number; lastSeconds: number; inSeconds: number; outSeconds: number };
  /** From where on the source is heard, seconds: later than its first frame where that one stood before the clip starts. */
  heardSeconds: number;
}

/** Intervals of a constant rate differ by this much where times are rounded to whole milliseconds. */
const ROUNDING_MS = 1;

/** Of the intervals, the part that may be so many times as long as the usual one where frames are lost now and then. */
const LATE_SHARE = 0.1;
const LATE_INTERVALS = 2.5;

/**
 * Finds the frames `from - 0.5 ms <= t < to - 0.5 ms` of every source, and parts them where frames are missing. Where none
 * starts for long, the frame that stands at the start is shown from there on; so is the one of a clip in which none starts.
 * @throws VerificationError when a staged file does not hold its recording's frames.
 */
export function findRuns(job: RenderJob, probes: readonly MediaProbe[]): Run[] {
  const runs: Run[] = [];
  for (const [index, source] of job.sources.entries()) requireFrames(source, probes[index]?.video.times ?? []);
  const all = job.sources.map((_, index) => distinct(probes[index]?.video.times ?? []));
  const rhythms = rhythmsOf(job.sources, all);
  const found = job.sources.flatMap((source, index) => {
    const rhythm = rhythms[index];
    const times = all[index] ?? [];
    const wallMs = (frame: number) => source.zeroMs + (times[frame] ?? Number.NaN) * 1000;
    const audio = probes[index]?.audio?.spans;
    return rhythm ? [{ source, frames: { index, times, audio, wallMs, ...rhythm } }] : [];
  });
  for (const { source, frames } of found) runs.push(...runsOfSource(job, source, frames));
  if (runs.length === 0) runs.push(...found.flatMap(({ source, frames }) => standingRun(job, source, frames, 0)));
  for (const [index, run] of runs.entries()) {
    const previous = runs[index - 1];
    if (previous === undefined) continue;
    // Where recordings overlap, the earlier one's next frame is not shown.
    previous.endMs = Math.min(previous.endMs, run.startMs);
    const gap = run.startMs - previous.endMs > job.joinToleranceMs;
    run.gapBefore = gap;
    previous.gapAfter = gap;
  }
  return runs;
}

/** Of frames that fall on one tick of the clip only the first is shown. */
function distinct(times: readonly number[]): number[] {
  const tick = (time: number | undefined) => Math.round((time ?? Number.NaN) * TIMESCALE);
  return times.filter((time, frame) => tick(time) !== tick(times[frame - 1]));
}

function runsOfSource(job: RenderJob, source: RenderSource, frames: SourceFrames): Run[] {
  const { times, wallMs, intervalMs } = frames;
  const fromMs = Math.max(source.fromMs, job.startMs) - FRAME_TOLERANCE_MS;
  const toMs = Math.min(source.toMs, job.endMs) - FRAME_TOLERANCE_MS;
  // Two frames that are far apart may be all that a slice holds.
  const usualMs = Math.min(intervalMs, source.usualFrameMs ?? intervalMs);
  const runs = standingRun(job, source, frames, usualMs + job.joinToleranceMs);
  const first = times.findIndex((_, frame) => wallMs(frame) >= fromMs);
  let begin = first;
  while (begin >= 0 && begin < times.length && wallMs(begin) < toMs) {
    let end = begin + 1;
    const stands = (frame: number) => isStanding(job, source, frames, wallMs(frame), wallMs(frame + 1));
    while (end < times.length && wallMs(end) < toMs && stands(end - 1)) end++;
    const isFirst = begin === first;
    const isLast = !(wallMs(end) < toMs);
    // Around the part the staged file may lack frames that the recording has.
    const beforeMs = (isFirst ? source.previousFrameMs : undefined) ?? wallMs(begin - 1);
    const nextMs = (isLast ? source.lastFrameEndMs : undefined) ?? wallMs(end);
    runs.push(makeRun(job, source, frames, { begin, end, beforeMs, nextMs }));
    begin = end;
  }
  return runs;
}

/**
 * The frame that stands where the source's part begins, when it started before and stands for more than
 * `mostMs` in all, or the next one comes later than a join may take.
 */
function standingRun(job: RenderJob, source: RenderSource, frames: SourceFrames, mostMs: number): Run[] {
  const { times, wallMs, intervalMs } = frames;
  const startMs = Math.max(source.fromMs, job.startMs);
  const toMs = Math.min(source.toMs, job.endMs);
  const next = times.findIndex((_, frame) => wallMs(frame) >= startMs - FRAME_TOLERANCE_MS);
  const frame = (next < 0 ? times.length : next) - 1;
  const ownEndMs = next < 0 ? wallMs(frame) + intervalMs : wallMs(next);
  const nextMs = wallMs(next) < toMs ? wallMs(next) : (source.lastFrameEndMs ?? ownEndMs);
  // Of a few frames that are far apart the rate is not known: no clip starts later than a join may take.
  const isLong = nextMs - wallMs(frame) > mostMs || nextMs - startMs > job.joinToleranceMs;
  const stands = isLong && nextMs > startMs + FRAME_TOLERANCE_MS;
  if (!stands || !isStanding(job, source, frames, wallMs(frame), nextMs)) return [];
  if (startMs === source.fromMs) requireStanding(source, wallMs(frame));
  const run = makeRun(job, source, frames, { begin: frame, end: frame + 1, beforeMs: wallMs(frame), nextMs });
  const endMs = Math.min(nextMs, job.endMs);
  const heardSeconds = (startMs - source.zeroMs) / 1000;
  return [{ ...run, framesMs: [startMs], startMs, endMs, heardSeconds, gapBefore: false }];
}

/**
 * Whether a frame stands until the next one: as long as a join may be, or while there is audio. Cameras that send no frames
 * while nothing moves go on with their audio.
 */
function isStanding(
  job: RenderJob,
  { zeroMs, toMs }: RenderSource,
  { intervalMs, audio }: Pick<SourceFrames, "intervalMs" | "audio">,
  startMs: number,
  nextMs: number,
): boolean {
  if (nextMs - startMs <= intervalMs + job.joinToleranceMs) return true;
  // The file may hold no more audio than the part needs.
  const untilMs = Math.min(nextMs, job.endMs, toMs);
  const usualEndMs = startMs + intervalMs;
  return untilMs <= usualEndMs || isHeard(audio, (usualEndMs - zeroMs) / 1000, (untilMs - zeroMs) / 1000);
}

interface SourceFrames extends Rhythm {
  index: number;
  times: readonly number[];
  /** When there is audio, seconds on the file's timeline. */
  audio: AudioProbe["spans"] | undefined;
  wallMs: (frame: number) => number;
}

interface Stretch {
  begin: number;
  end: number;
  /** Start of the frame before, and of the one after or where the last one ends; NaN when unknown. */
  beforeMs: number;
  nextMs: number;
}

/** A run of the frames `begin <= frame < end`. Its outer gaps are those to the clip's edges, until neighbours are known. */
function makeRun(
  job: RenderJob,
  source: RenderSource,
  frames: SourceFrames,
  { begin, end, beforeMs, nextMs }: Stretch,
): Run {
  const { times, wallMs, intervalMs } = frames;
  const time = (frame: number) => times[frame] ?? Number.NaN;
  const most = intervalMs + job.joinToleranceMs;
  const lastMs = wallMs(end - 1);
  const goesOn = nextMs > lastMs && isStanding(job, source, frames, lastMs, nextMs);
  const cameFrom = wallMs(begin) - beforeMs <= most && beforeMs < job.startMs;
  const usualEndMs = lastMs + intervalMs;
  const standsLong = nextMs - usualEndMs > ROUNDING_MS;
  const shownUntilMs = standsLong ? Math.max(usualEndMs, Math.min(nextMs, job.endMs)) : nextMs;
  const endMs = goesOn ? shownUntilMs : usualEndMs;
  const half = intervalMs / 2000;
  const between = (frame: number, otherwise: number) =>
    times[frame - 1] === undefined || times[frame] === undefined ? otherwise : (time(frame - 1) + time(frame)) / 2;
  return {
    source: frames.index,
    framesMs: times.slice(begin, end).map((_, offset) => wallMs(begin + offset)),
    startMs: wallMs(begin),
    endMs,
    intervalMs,
    regular: frames.regular,
    gapBefore: !cameFrom && wallMs(begin) - job.startMs >= intervalMs - FRAME_TOLERANCE_MS,
    gapAfter: job.endMs - endMs >= intervalMs - FRAME_TOLERANCE_MS,
    heardSeconds: time(begin),
    cuts: {
      firstSeconds: time(begin),
      lastSeconds: time(end - 1),
      inSeconds: between(begin, time(begin) - half),
      outSeconds: between(end, time(end - 1) + half),
    },
  };
}

type Rhythm = Pick<Run, "intervalMs" | "regular">;

/** From fewer intervals a rate cannot be told: they may be rounded to milliseconds, or be odd ones. */
const FEW_INTERVALS = 10;

/**
 * One rhythm per source; a source with few frames, as a slice at a join can be, has that of the clip's longest one, unless
 * its recording's index says another.
 */
function rhythmsOf(sources: readonly RenderSource[], times: readonly (readonly number[])[]): Rhythm[] {
  const longest = times.reduce<readonly number[]>((most, own) => (own.length > most.length ? own : most), []);
  return times.map((own, index) => {
    const few = own.length <= FEW_INTERVALS;
    const rhythm = rhythmOf(few ? longest : own, loneFrameMs(sources[index], own));
    const ownMs = sources[index]?.usualFrameMs;
    const isOther = few && ownMs !== undefined && Math.abs(ownMs - rhythm.intervalMs) > ROUNDING_MS;
    return isOther ? { ...rhythm, intervalMs: ownMs } : rhythm;
  });
}

/** How long a frame stands of which nothing but its end is known; 1/25 s without that. */
function loneFrameMs(source: RenderSource | undefined, [first = 0]: readonly number[]): number {
  const ownMs = (source?.lastFrameEndMs ?? 0) - (source?.zeroMs ?? 0) - first * 1000;
  return ownMs > 0 && ownMs < 1000 ? ownMs : 40;
}

/** The usual interval, and whether almost all are like it: the mean of those near the median, so that rounding evens out. */
function rhythmOf(times: readonly number[], loneMs: number): Rhythm {
  const intervals = times.slice(1).map((time, index) => (time - (times[index] ?? 0)) * 1000);
  const sorted = intervals.toSorted((a, b) => a - b);
  const median = sorted[Math.floor((sorted.length - 1) / 2)];
  if (median === undefined) return { intervalMs: loneMs, regular: false };
  const usual = intervals.filter(
    (interval) => Math.abs(interval - median) <= Math.max(ROUNDING_MS * 1.1, median * 0.1),
  );
  const mean = usual.reduce((sum, interval) => sum + interval, 0) / usual.length;
  // To the nanosecond: without the noise of floating point.
  const intervalMs = Math.round(mean * 1e6) / 1e6;
  const late = intervals.filter((interval) => interval > LATE_INTERVALS * median);
  return {
    intervalMs,
    regular: late.length <= intervals.length * LATE_SHARE,
  };
}

import type { Gap } from "@camclips/events";
import type { Cut } from "../ffmpeg/time-filters.ts";
import type { RenderJob } from "../media-engine.ts";
import type { MediaProbe } from "../probe/probe.ts";
import { deliveredParts, findGaps, round } from "./coverage.ts";
import { heldParts } from "./held.ts";
import { findRuns, type Run } from "./runs.ts";

/** A run of frames and its place in the clip. */
export interface Piece {
  /** Index into the job's sources. */
  source: number;
  cuts: Run["cuts"];
  /** Instant on the source's timeline that is heard where the piece starts, seconds. */
  heardSeconds: number;
  /** Parts of the source's timeline of which no frame comes out whole; none is known before something was decoded. */
  lost?: readonly Cut[];
  /** Where the first frame stands in the clip, seconds. */
  outSeconds: number;
  /** From this piece's start to the next piece's or to the clip's end, seconds. */
  slotSeconds: number;
  /** The next piece begins, by the wall clock, where this one's slot ends. */
  joinsNext: boolean;
  /** Frames that follow until the next piece, the first of them where the last own frame no longer stands: that frame again, or black. */
  fill: { frames: number; kind: "hold" | "black"; outSeconds: number };
}

interface ExpectedFrame {
  /** Presentation time in the clip. */
  seconds: number;
  /** The source that it shows; undefined when it is filled in. */
  source: number | undefined;
  wallMs: number;
}

export interface Timeline {
  pieces: Piece[];
  /** Black frames before the first piece. */
  leadFrames: number;
  /** From one frame to the next, seconds; in clips with a variable rate the usual one. */
  intervalSeconds: number;
  /** Every frame that the clip must have, in order. */
  expected: ExpectedFrame[];
  durationSeconds: number;
  delivered: [startMs: number, endMs: number][];
  gaps: Gap[];
  held: [startMs: number, endMs: number][];
  startErrorMs: number;
  endErrorMs: number;
}

/**
 * Decides where every frame of the clip comes from and when it is shown. The clip starts with its first frame at 0; the
 * others keep their wall-clock distance to it, except that SKIP_GAPS closes gaps. Without a frame to hold, before the
 * first one, HOLD_LAST_FRAME shows black.
 * @returns undefined when no source holds a frame of the clip.
 * @throws VerificationError when a staged file does not hold its recording's frames.
 */
export function planTimeline(job: RenderJob, probes: readonly MediaProbe[]): Timeline | undefined {
  const runs = findRuns(job, probes);
  const [first] = runs;
  if (first === undefined) return undefined;
  // What is filled in has the rhythm of the fastest.
  const intervalMs = Math.min(...runs.map((run) => run.intervalMs));
  const lead = job.gapPolicy !== "SKIP_GAPS" && first.gapBefore;
  const leadFrames = lead ? Math.round((first.startMs - job.startMs) / intervalMs) : 0;
  const pieces = placePieces(job, runs, intervalMs, leadFrames);
  const expected = expectedFrames(runs, pieces, leadFrames, intervalMs);
  const last = pieces.at(-1);
  const end = (runs.at(-1)?.startMs ?? 0) + (last?.slotSeconds ?? 0) * 1000;
  return {
    pieces,
    leadFrames,
    intervalSeconds: intervalMs / 1000,
    expected,
    durationSeconds: (last?.outSeconds ?? 0) + (last?.slotSeconds ?? 0),
    delivered: deliveredParts(job, runs),
    gaps: findGaps(job, runs, probes),
    held: heldParts(runs),
    startErrorMs: round(first.startMs - leadFrames * intervalMs - job.startMs),
    endErrorMs: round(end - job.endMs),
  };
}

function placePieces(job: RenderJob, runs: readonly Run[], intervalMs: number, leadFrames: number): Piece[] {
  const pieces: Piece[] = [];
  let outMs = leadFrames * intervalMs;
  for (const [index, run] of runs.entries()) {
    const nextMs = runs[index + 1]?.startMs;
    const untilMs = fillUntil(job, run, nextMs);
    const fillMs = filledFrom(run);
    const frames = Math.max(0, Math.round((untilMs - fillMs) / intervalMs));
    const closed = nextMs === undefined || untilMs !== nextMs;
    const shownMs = frames > 0 ? fillMs + frames * intervalMs : run.endMs;
    const endMs = closed ? shownMs : untilMs;
    const ownMs = endMs - run.startMs;
    const kind = run.gapAfter && job.gapPolicy === "FILL_WITH_BLACK" ? "black" : "hold";
    pieces.push({
      source: run.source,
      cuts: run.cuts,
      heardSeconds: run.heardSeconds,
      outSeconds: outMs / 1000,
      slotSeconds: ownMs / 1000,
      joinsNext: !closed,
      fill: { frames, kind, outSeconds: (outMs + fillMs - run.startMs) / 1000 },
    });
    outMs += ownMs;
  }
  return pieces;
}

/** Until when something is shown after a run: joins are always held, gaps are filled unless they are skipped. */
function fillUntil(job: RenderJob, run: Run, nextMs: number | undefined): number {
  if (!run.gapAfter) return nextMs ?? run.endMs;
  if (job.gapPolicy === "SKIP_GAPS") return run.endMs;
  return nextMs ?? job.endMs;
}

/** Where the last frame no longer stands; one whose end is told too early has its interval all the same. */
function filledFrom({ endMs, framesMs, startMs, intervalMs }: Run): number {
  return Math.max(endMs, (framesMs.at(-1) ?? startMs) + intervalMs);
}

function expectedFrames(
  runs: readonly Run[],
  pieces: readonly Piece[],
  leadFrames: number,
  intervalMs: number,
): ExpectedFrame[] {
  const startMs = runs[0]?.startMs ?? 0;
  const lead = Array.from({ length: leadFrames }, (_, index) => ({
    seconds: (index * intervalMs) / 1000,
    source: undefined,
    wallMs: startMs - (leadFrames - index) * intervalMs,
  }));
  const shown = pieces.flatMap((piece, index) => {
    const run = runs[index];
    if (run === undefined) return [];
    const at = (wallMs: number, source: number | undefined) => {
      return { seconds: piece.outSeconds + (wallMs - run.startMs) / 1000, source, wallMs };
    };
    const fillMs = filledFrom(run);
    const fill = Array.from({ length: piece.fill.frames }, (_, k) => at(fillMs + k * intervalMs, undefined));
    return [...run.framesMs.map((wallMs) => at(wallMs, run.source)), ...fill];
  });
  return [...lead, ...shown];
}

import { quantile } from "./quantile.ts";

export interface Quantiles {
  p50: number;
  p95: number;
  p99: number;
}

/** What one run of many clips, asked for at once, comes to. */
export interface LoadResult {
  clips: number;
  seconds: number;
  clipsPerMinute: number;
  /** From the message to the published status. */
  latencyMs: Quantiles;
  /** Of it: the stages at work on this clip, and the rest, waiting for a turn and on the way from stage to stage. */
  workMs: Quantiles;
  waitMs: Quantiles;
  eventsPerClip: number;
  /** Mean work of one clip in each stage, ms. */
  stageMs: Record<string, number>;
  /** Resident memory at ten moments of the run, MB. */
  memoryMb: number[];
  /** Processor time of this process for each clip; children (rendering) and other processes (the emulator) are not in it. */
  cpuMsPerClip?: number;
  /** Files and folders that a clip leaves, in the state and where clips go; not known of the emulator. */
  filesPerClip?: number;
}

/** What a run measures of each clip. */
export interface ClipTimes {
  latencyMs: number;
  events: number;
  /** Of the stages on the clip's way; redeliveries add up. */
  stageMs: Map<string, number>;
}

/** Stages beside a clip's way: nobody waits for them. */
const BESIDE = new Set(["record-event", "check-deadline"]);

export function isOnTheWay(stage: string): boolean {
  return !BESIDE.has(stage);
}

export function summarize(clips: readonly ClipTimes[], seconds: number, memoryMb: number[]): LoadResult {
  const work = clips.map(({ stageMs }) => sum([...stageMs.values()]));
  const stages = [...new Set(clips.flatMap(({ stageMs }) => [...stageMs.keys()]))];
  const mean = (values: readonly number[]) => sum(values) / clips.length;
  return {
    clips: clips.length,
    seconds,
    clipsPerMinute: (clips.length / seconds) * 60,
    latencyMs: quantiles(clips.map(({ latencyMs }) => latencyMs)),
    workMs: quantiles(work),
    waitMs: quantiles(clips.map(({ latencyMs }, index) => latencyMs - (work[index] ?? 0))),
    eventsPerClip: mean(clips.map(({ events }) => events)),
    stageMs: Object.fromEntries(
      stages.map((stage) => [stage, mean(clips.map(({ stageMs }) => stageMs.get(stage) ?? 0))]),
    ),
    memoryMb,
  };
}

function quantiles(values: readonly number[]): Quantiles {
  return { p50: quantile(values, 0.5), p95: quantile(values, 0.95), p99: quantile(values, 0.99) };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

import type { Quality } from "./quality.ts";
import type { Spread } from "./statistics.ts";
import type { Step, Way } from "./work.ts";

export interface Results {
  machine: { processor: string; cores: number; memoryBytes: number; system: string; node: string; ffmpeg: string };
  recordings: { count: number; seconds: number; width: number; height: number; fps: number; bytes: number[] };
  cases: CaseResult[];
}

export interface CaseResult {
  name: string;
  /** Length of the clip. */
  seconds: number;
  measuredAt: string;
  /** How often each way was measured. */
  runs: number;
  ways: WayResult[];
}

export interface WayResult {
  way: Way;
  /** What was really used. */
  used: string;
  cpuSeconds: Spread;
  wallSeconds: Spread;
  peakBytes: Spread;
  /** Processor seconds of each step, medians. */
  stepCpuSeconds: Record<Step, number>;
  /** Of a fast clip: planning it and writing it, without reading it back. */
  cutCpuSeconds?: Spread;
  /** Of a whole `camclips clip`, Node's own start included; of our ways only. */
  processCpuSeconds?: Spread;
  bytesRead: number;
  requests: number;
  outputBytes: number;
  encodedFrames: number | undefined;
  quality: Quality;
}

/** Cases that were measured before stay, unless they were measured again. */
export function merged(before: Results | undefined, now: Results): Results {
  const again = new Set(now.cases.map(({ name }) => name));
  const kept = before?.cases.filter(({ name }) => !again.has(name)) ?? [];
  return { ...now, cases: [...kept, ...now.cases].sort((a, b) => a.seconds - b.seconds) };
}

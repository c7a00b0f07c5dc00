import type { Quality } from "./quality.ts";
import type { Spread } from "./statistics.ts";
import type { Step, Way } from "./work.ts";

export interface Results {
  machine: { processor: string; cores: number; memoryBytes: number; system: string; node: string; ffmpeg: string };
  measuredAt: string;
  runs: number;
  recordings: { count: number; seconds: number; width: number; height: number; fps: number; bytes: number[] };
  cases: CaseResult[];
}

export interface CaseResult {
  name: string;
  seconds: number;
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
  bytesRead: number;
  requests: number;
  outputBytes: number;
  encodedFrames: number | undefined;
  quality: Quality;
}

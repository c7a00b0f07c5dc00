import { mkdtemp, rm } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import type { Camera } from "@camclips/core/media/testing";
import type { Case } from "./cases.ts";
import { type Measured, measure } from "./measure.ts";
import { judge } from "./quality.ts";
import type { RangeServer } from "./range-server.ts";
import type { WayResult } from "./results.ts";
import { spread } from "./statistics.ts";
import type { Step, Way } from "./work.ts";

export interface Bench {
  camera: Camera;
  server: RangeServer;
  ffmpeg: string;
  /** Where the runs get their folders. */
  root: string;
  runs: number;
}

/** One run: a worker process with a folder of its own, and what it read from the server. */
async function runOnce({ camera, server, ffmpeg }: Bench, one: Case, way: Way, folder: string) {
  const zeroMs = camera.recordings[0]?.startMs ?? 0;
  const startMs = zeroMs + Math.round(one.from * 25) * 40;
  const endMs = startMs + one.seconds * 1000;
  const recordings = camera.recordings
    .filter((part) => part.startMs < endMs && part.endMs > startMs)
    .map((part) => ({ url: server.url(part.path), startMs: part.startMs, endMs: part.endMs }));
  server.takeCounts();
  const done = await measure({ way, recordings, startMs, endMs, folder, ffmpeg, threads: cpus().length });
  return { done, read: server.takeCounts(), startMs, endMs };
}

/** Measures one way of making one clip several times; the result is judged once, because every run makes the same. */
export async function measureWay(bench: Bench, one: Case, way: Way): Promise<WayResult> {
  const { camera, ffmpeg } = bench;
  const runs: Measured[] = [];
  let result: Omit<WayResult, "cpuSeconds" | "wallSeconds" | "peakBytes" | "stepCpuSeconds"> | undefined;
  for (let index = 0; index < bench.runs; index++) {
    const folder = await mkdtemp(join(bench.root, "run-"));
    try {
      const { done, read, startMs, endMs } = await runOnce(bench, one, way, folder);
      runs.push(done);
      const { used, bytes: outputBytes, encodedFrames } = done;
      const quality = result?.quality ?? (await judge(done.clip, camera, startMs, endMs, ffmpeg));
      result = { way, used, bytesRead: read.bytes, requests: read.requests, outputBytes, encodedFrames, quality };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  if (result === undefined) throw new Error("--runs must be 1 or more");
  const step = (name: Step) => spread(runs.map(({ steps }) => steps[name].cpuSeconds)).median;
  return {
    ...result,
    cpuSeconds: spread(runs.map(({ cpuSeconds }) => cpuSeconds)),
    wallSeconds: spread(runs.map(({ wallSeconds }) => wallSeconds)),
    peakBytes: spread(runs.map(({ peakBytes }) => peakBytes)),
    stepCpuSeconds: { fetch: step("fetch"), render: step("render"), thumbnails: step("thumbnails") },
  };
}

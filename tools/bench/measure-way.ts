import { mkdtemp, rm } from "node:fs/promises";
import { cpus } from "node:os";
import { basename, dirname, join } from "node:path";
import type { Camera } from "@camclips/media/synthetic";
import type { Case, Footage } from "./cases.ts";
import { type Measured, measure } from "./measure.ts";
import { judge } from "./quality.ts";
import type { RangeServer } from "./range-server.ts";
import type { WayResult } from "./results.ts";
import { type Spread, spread } from "./statistics.ts";
import { COMMAND_LINE, runWholeCommand } from "./whole-command.ts";
import type { Step, Way } from "./work.ts";

export interface Bench {
  cameras: ReadonlyMap<Footage, Camera>;
  server: RangeServer;
  ffmpeg: string;
  /** Where the runs get their folders. */
  root: string;
  runs: number;
}

const isOurs = (way: Way): boolean => ["exact", "smart", "fast"].includes(way);

function cameraOf({ cameras }: Bench, { footage }: Case): Camera {
  const camera = cameras.get(footage);
  if (!camera) throw new RangeError(`there are no recordings of ${footage}`);
  return camera;
}

function rangeOf(bench: Bench, one: Case): { startMs: number; endMs: number } {
  const zeroMs = cameraOf(bench, one).recordings[0]?.startMs ?? 0;
  const startMs = zeroMs + Math.round(one.from * 25) * 40;
  return { startMs, endMs: startMs + one.seconds * 1000 };
}

/** One run: a worker process with a folder of its own, and what it read from the server. */
async function runOnce(bench: Bench, one: Case, way: Way, folder: string, cutOnly = false) {
  const { server, ffmpeg } = bench;
  const { recordings: all } = cameraOf(bench, one);
  const { startMs, endMs } = rangeOf(bench, one);
  const recordings = all
    .filter((part) => part.startMs < endMs && part.endMs > startMs)
    .map((part) => ({ url: server.url(part.path), startMs: part.startMs, endMs: part.endMs }));
  server.takeCounts();
  const done = await measure({ way, cutOnly, recordings, startMs, endMs, folder, ffmpeg, threads: cpus().length });
  return { done, read: server.takeCounts(), startMs, endMs };
}

async function inFolder<T>(root: string, run: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(root, "run-"));
  try {
    return await run(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The fast cut by itself, in processes of their own: staging, thumbnails and reading back are not in it. */
async function measureCut(bench: Bench, one: Case): Promise<Spread> {
  const seconds: number[] = [];
  for (let index = 0; index < bench.runs; index++) {
    const { done } = await inFolder(bench.root, (folder) => runOnce(bench, one, "fast", folder, true));
    seconds.push(done.steps.render.cpuSeconds);
  }
  return spread(seconds);
}

/** Whole commands, as a shell runs them, on the same recordings in their folder. */
async function measureCommand(bench: Bench, one: Case, precision: Way): Promise<Spread> {
  const { recordings } = cameraOf(bench, one);
  const path = recordings[0]?.path ?? "";
  const [camera = ""] = basename(path).split(".");
  const places = { recordings: dirname(path), camera, cache: join(bench.root, "cache"), program: COMMAND_LINE };
  const seconds: number[] = [];
  for (let index = 0; index < bench.runs; index++)
    await inFolder(bench.root, async (folder) => {
      const { ffmpeg } = bench;
      seconds.push(await runWholeCommand({ ...places, ...rangeOf(bench, one), precision, ffmpeg, folder }));
    });
  return spread(seconds);
}

/** Measures one way of making one clip several times; the result is judged once, because every run makes the same. */
export async function measureWay(bench: Bench, one: Case, way: Way): Promise<WayResult> {
  const runs: Measured[] = [];
  let result:
    | Pick<WayResult, "used" | "bytesRead" | "requests" | "outputBytes" | "encodedFrames" | "quality">
    | undefined;
  for (let index = 0; index < bench.runs; index++) {
    await inFolder(bench.root, async (folder) => {
      const { done, read, startMs, endMs } = await runOnce(bench, one, way, folder);
      runs.push(done);
      const { used, bytes: outputBytes, encodedFrames } = done;
      const camera = cameraOf(bench, one);
      const quality = result?.quality ?? (await judge(done.clip, camera, startMs, endMs, bench.ffmpeg));
      result = { used, bytesRead: read.bytes, requests: read.requests, outputBytes, encodedFrames, quality };
    });
  }
  if (result === undefined) throw new RangeError("a way is measured once or more");
  const step = (name: Step) => spread(runs.map(({ steps }) => steps[name].cpuSeconds)).median;
  return {
    way,
    ...result,
    cpuSeconds: spread(runs.map(({ cpuSeconds }) => cpuSeconds)),
    wallSeconds: spread(runs.map(({ wallSeconds }) => wallSeconds)),
    peakBytes: spread(runs.map(({ peakBytes }) => peakBytes)),
    stepCpuSeconds: { fetch: step("fetch"), render: step("render"), thumbnails: step("thumbnails") },
    ...(isOurs(way) && { processCpuSeconds: await measureCommand(bench, one, way) }),
    ...(way === "fast" && result.used === "fast" && { cutCpuSeconds: await measureCut(bench, one) }),
  };
}

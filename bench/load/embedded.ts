import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { MediaEngine } from "@camclips/core/media";
import { makeCamera } from "@camclips/core/media/testing";
import { readSettings } from "@camclips/events";
import { createFolderStore, LocalRuntime, startCameraService } from "@camclips/local";

const RECORDING_SECONDS = 20;
const CLIP_MS = 5_000;
const CAMERA = "load";

export interface LoadResult {
  clips: number;
  seconds: number;
  clipsPerMinute: number;
  /** From the message to the published status, ms. All messages are sent at once, so waiting for a turn counts. */
  latencyMs: { p50: number; p95: number; p99: number };
  eventsPerClip: number;
  /** Time the stages of one clip took together, ms; the rest of its latency is waiting for a turn. */
  workMsPerClip: number;
  /** Resident memory at ten moments of the run, MB. */
  memoryMb: number[];
}

/** Sends `clips` requests at once to the embedded runtime and waits for every terminal status. */
export async function loadEmbedded(clips: number, media: MediaEngine, ffmpeg: string): Promise<LoadResult> {
  const root = await mkdtemp(join(tmpdir(), "camclips-load-"));
  try {
    return await run(root, clips, media, ffmpeg);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function run(root: string, clips: number, media: MediaEngine, ffmpeg: string): Promise<LoadResult> {
  const origin = join(root, "recordings");
  const startMs = Date.now() - 3_600_000;
  const { recordings } = await makeCamera({
    folder: origin,
    alias: CAMERA,
    startMs,
    recordings: 2,
    seconds: RECORDING_SECONDS,
    ffmpeg,
  });
  const footage = recordings.map(({ path, startMs, endMs }) => ({
    key: basename(path),
    startMs,
    endMs: Math.round(endMs),
  }));
  await using service = await startCameraService({
    cameras: new Map([[CAMERA, { alias: CAMERA, recordings: () => footage }]]),
  });

  const published = new Map<string, number>();
  let events = 0;
  let workMs = 0;
  const runtime = new LocalRuntime({
    root: join(root, "state"),
    settings: readSettings({
      CAM_SERVICES_URL: service.url,
      RECORDINGS_URL: service.url,
      CLIP_URL: "https://clips.invalid",
      S3_BUCKET_ORIGIN: "./origin",
    }),
    origin: createFolderStore(origin),
    destination: createFolderStore(join(root, "clips")),
    destinationBucket: "clips",
    media,
    log: { info: (_, fields) => (workMs += Number(fields?.durationMs ?? 0)), warn() {}, error() {} },
    onEvent({ type, metadata }) {
      events += 1;
      if (type === "ClipPublished") published.set(metadata.clipId, performance.now());
    },
  });
  await runtime.start();
  const memoryMb: number[] = [];
  const began = performance.now();
  for (let index = 0; index < clips; index += 1) await runtime.request(requestBody(index, startMs), Date.now());
  while (published.size < clips) {
    if (published.size >= (memoryMb.length * clips) / 10) memoryMb.push(Math.round(process.memoryUsage().rss / 1e6));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await runtime.idle();
  const ended = performance.now();
  await runtime.stop();

  const seconds = (ended - began) / 1000;
  const latencies = [...published.values()].map((at) => at - began);
  return {
    clips,
    seconds,
    clipsPerMinute: (clips / seconds) * 60,
    latencyMs: { p50: quantile(latencies, 0.5), p95: quantile(latencies, 0.95), p99: quantile(latencies, 0.99) },
    eventsPerClip: events / clips,
    workMsPerClip: workMs / clips,
    memoryMb,
  };
}

/** Clips that start at every second of the camera's footage, across the join too. */
function requestBody(index: number, startMs: number): string {
  const seconds = index % (2 * RECORDING_SECONDS - CLIP_MS / 1000);
  const start = startMs + seconds * 1000;
  return JSON.stringify({
    clipId: `load-${index}`,
    cameraId: CAMERA,
    startTimestampInMs: start,
    endTimestampInMs: start + CLIP_MS,
    retryTimestamps: [],
  });
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN);
}

import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { readSettings } from "@camclips/events";
import { createFolderStore, createLocalCameras, LocalRuntime, STATE_FILE } from "@camclips/local";
import type { MediaEngine } from "@camclips/media";
import { makeCamera } from "@camclips/media/synthetic";
import { benchCamera, fullSize } from "../recordings.ts";
import { copyClip } from "./copy-clip.ts";
import { type ClipTimes, isOnTheWay, type LoadResult, summarize } from "./load-result.ts";
import { CAMERA, clipIdOf, footageStart, minutes, requestBody, short } from "./requests.ts";

export interface Load {
  clips: number;
  /** How many are on their way at the same time; the next one is asked for when one is published. */
  atOnce: number;
  /** How many clips were made before, and lie in the state. */
  before?: number;
  /** Clips of a minute out of the benchmark's recordings of 1080p. */
  isFullSize?: boolean;
}

/** Sends requests to the embedded runtime and waits for every terminal status. */
export async function loadEmbedded(load: Load, media: MediaEngine, ffmpeg: string): Promise<LoadResult> {
  const root = await mkdtemp(join(tmpdir(), "camclips-load-"));
  try {
    return await run(root, load, media, ffmpeg);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function shortCamera(root: string, ffmpeg: string) {
  const shape = { alias: CAMERA, startMs: footageStart(), recordings: 2, seconds: short.recordingSeconds };
  return { ...(await makeCamera({ ...shape, folder: join(root, "recordings"), ffmpeg })), wanted: short };
}

async function fullCamera(ffmpeg: string) {
  const kept = join(tmpdir(), "camclips-bench");
  await mkdir(kept, { recursive: true });
  return { ...(await benchCamera(kept, { ...fullSize, seconds: minutes.recordingSeconds }, ffmpeg)), wanted: minutes };
}

async function run(
  root: string,
  { clips, atOnce, before = 0, isFullSize = false }: Load,
  media: MediaEngine,
  ffmpeg: string,
): Promise<LoadResult> {
  const { recordings, wanted } = isFullSize ? await fullCamera(ffmpeg) : await shortCamera(root, ffmpeg);
  const [{ path = "", startMs = 0 } = {}] = recordings;
  const origin = dirname(path);
  const footage = recordings.map(({ path, startMs, endMs }) => ({
    key: basename(path),
    startMs,
    endMs: Math.round(endMs),
  }));
  // In the process, as those of "camclips clip" and "camclips serve" are.
  const cameras = createLocalCameras(new Map([[CAMERA, { alias: CAMERA, recordings: () => footage }]]));

  const times = new Map<string, ClipTimes>();
  const timesOf = (clipId: string): ClipTimes => {
    const known = times.get(clipId) ?? { latencyMs: Number.NaN, events: 0, stageMs: new Map() };
    times.set(clipId, known);
    return known;
  };
  let published = 0;
  let next = Promise.withResolvers<void>();
  const askedAt = new Map<string, number>();
  const runtime = new LocalRuntime({
    root: join(root, "state"),
    settings: readSettings({
      CAM_SERVICES_URL: "https://cameras.invalid",
      RECORDINGS_URL: "https://cameras.invalid",
      CLIP_URL: "https://clips.invalid",
      S3_BUCKET_ORIGIN: "./origin",
    }),
    origin: createFolderStore(origin),
    destination: createFolderStore(join(root, "clips")),
    destinationBucket: "clips",
    media,
    cameras,
    log: {
      info(_, { stage = "", clipId, durationMs } = {}) {
        if (typeof clipId !== "string" || !isOnTheWay(String(stage))) return;
        const { stageMs } = timesOf(clipId);
        stageMs.set(String(stage), (stageMs.get(String(stage)) ?? 0) + Number(durationMs ?? 0));
      },
      warn() {},
      error() {},
    },
    onEvent({ type, metadata }) {
      const own = timesOf(metadata.clipId);
      own.events += 1;
      if (type !== "ClipPublished") return;
      own.latencyMs = performance.now() - (askedAt.get(metadata.clipId) ?? 0);
      published += 1;
      next.resolve();
      next = Promise.withResolvers();
    },
  });
  await runtime.start();
  if (before > 0) {
    await runtime.request(requestBody(clips, startMs, wanted), Date.now());
    while (published < 1) await next.promise;
    await runtime.idle();
    await copyClip(join(root, "state", STATE_FILE), clipIdOf(clips), before);
    published = 0;
  }
  const memoryMb: number[] = [];
  const filesIn = async () => (await readdir(root, { recursive: true })).length;
  const filesBefore = await filesIn();
  const began = performance.now();
  const cpu = process.cpuUsage();
  for (let index = 0; index < clips; index += 1) {
    while (index - published >= atOnce) await next.promise;
    askedAt.set(clipIdOf(index), performance.now());
    await runtime.request(requestBody(index, startMs, wanted), Date.now());
  }
  while (published < clips) {
    if (published >= (memoryMb.length * clips) / 10) memoryMb.push(Math.round(process.memoryUsage().rss / 1e6));
    await next.promise;
  }
  await runtime.idle();
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  await runtime.stop();
  const each = Array.from({ length: clips }, (_, index) => timesOf(clipIdOf(index)));
  const filesPerClip = ((await filesIn()) - filesBefore) / clips;
  return { ...summarize(each, seconds, memoryMb), cpuMsPerClip: (user + system) / 1000 / clips, filesPerClip };
}

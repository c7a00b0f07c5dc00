import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { readSettings } from "@camclips/events";
import { createFolderStore, LocalRuntime } from "@camclips/local";
import { createMediaEngine } from "@camclips/media/engine";
import { readAudioOnsets, readFrameCodes } from "@camclips/media/synthetic";
import { testFfmpeg } from "../ffmpeg.ts";
import { testFolder } from "../folders.ts";
import { drawCamera } from "./draw.ts";
import { judge, type Told } from "./judge.ts";
import { makeRecordings } from "./make.ts";

const EPOCH_MS = Date.UTC(2024, 4, 1, 10);

/** What audio may be off: packets at joins, and the rounding of containers. AVI stores no delay of encoders. */
const AUDIO_MS = 30;
const AVI_AUDIO_MS = 80;

/** One clip of a drawn camera, and what is wrong with it. */
export interface Judgement {
  about: string;
  why: string;
  faults: string[];
}

/** Draws a camera, asks the pipeline for some clips of it, and judges them by their frames, times and audio. */
export async function runDraw(seed: number): Promise<Judgement[]> {
  const drawn = drawCamera(seed);
  await using folder = await testFolder();
  const origin = join(folder.path, "origin");
  await mkdir(origin);
  const recordings = await makeRecordings(drawn, origin, EPOCH_MS);
  const told = new Map<string, Told>();
  const whys = new Map<string, string>();
  const runtime = new LocalRuntime({
    root: join(folder.path, "state"),
    settings: readSettings({
      CAM_SERVICES_URL: "https://cams.test.com",
      RECORDINGS_URL: "https://cams.test.com",
      CLIP_URL: "https://clips.test.com",
      S3_BUCKET_ORIGIN: "recordings",
      THUMBNAIL_SIZES: "80",
      RECORDING_MAX_LEN: "60",
    }),
    origin: createFolderStore(origin),
    destination: createFolderStore(join(folder.path, "clips")),
    destinationBucket: "clips",
    onEvent(event) {
      if (event.type === "ClipRendered") whys.set(event.data.request.clipId, event.data.clip.why);
    },
    media: createMediaEngine({ ffmpeg: testFfmpeg, threads: 1, timeLimitMs: 120_000 }),
    cameras: {
      alias: async () => "pier",
      recordings: async () =>
        recordings.map(({ name, startMs, endMs }) => ({
          recordingUrl: `https://cams.test.com/${name}`,
          startDate: new Date(startMs).toISOString(),
          endDate: new Date(endMs).toISOString(),
        })),
      putClip: async (clipId, body) => void told.set(clipId, body as Told),
    },
  });
  await runtime.start();
  const startMs = EPOCH_MS;
  const spanMs = Math.max(...recordings.map(({ endMs }) => endMs)) - startMs;
  const asked = drawn.asked.map(({ from, length, precision }, index) => {
    const fromMs = Math.round(startMs + from * spanMs);
    return { clipId: `clip-${index}`, precision, fromMs, toMs: Math.round(fromMs + Math.max(150, length * spanMs)) };
  });
  for (const { clipId, fromMs, toMs, precision } of asked) {
    const range = { startTimestampInMs: fromMs, endTimestampInMs: toMs };
    await runtime.request(JSON.stringify({ clipId, cameraId: "cam", ...range, precision }), EPOCH_MS + 86_400_000);
  }
  await runtime.idle();
  await runtime.stop();
  const rate = String(drawn.options.fps).split("/").map(Number);
  const intervalMs = (1000 * (rate[1] ?? 1)) / (rate[0] ?? 25);
  const judgements: Judgement[] = [];
  for (const { clipId, fromMs, toMs, precision } of asked) {
    const about = `seed ${seed} ${precision} ${fromMs - startMs}-${toMs - startMs} ms: ${JSON.stringify(drawn)}`;
    const answer = told.get(clipId);
    if (!answer) {
      judgements.push({ about, why: "", faults: ["nothing was told"] });
      continue;
    }
    const path = join(folder.path, "clips", "cam", `${clipId}.mp4`);
    const isMade = answer.status === "CLIP_AVAILABLE";
    const decoded = isMade ? await readFrameCodes(path, testFfmpeg) : [];
    // Frames that an edit list hides come out of decoders that copy times.
    const frames = decoded.filter(({ seconds }) => seconds > -0.0005);
    const hasAudio = drawn.audio !== "none";
    const onsets = isMade && hasAudio ? (await readAudioOnsets(path)).map(({ seconds }) => seconds) : [];
    const faults = judge({
      recordings,
      fromMs,
      toMs,
      intervalMs,
      hasAudio,
      told: answer,
      frames,
      onsets,
      epochMs: EPOCH_MS,
      audioMs: drawn.extension === "avi" ? AVI_AUDIO_MS : AUDIO_MS,
    });
    judgements.push({ about, why: whys.get(clipId) ?? "", faults });
  }
  return judgements;
}

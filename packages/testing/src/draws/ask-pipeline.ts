import { join } from "node:path";
import { type Codec, type GapPolicy, type Precision, readSettings } from "@camclips/events";
import { createFolderStore, LocalRuntime } from "@camclips/local";
import { createMediaEngine } from "@camclips/media/engine";
import { testFfmpeg } from "../ffmpeg.ts";
import type { Told } from "./judge.ts";

/** A recording as the camera service lists it. */
export interface Listed {
  name: string;
  startMs: number;
  endMs: number;
  /** Name of the file that holds its header, where it does not itself. */
  init?: string;
}

export interface Asked {
  clipId: string;
  fromMs: number;
  toMs: number;
  precision: Precision;
  codec: Codec;
  /** Default SKIP_GAPS. */
  gapPolicy?: GapPolicy;
}

export interface Answer {
  told: Told | undefined;
  /** Why the clip was cut the way it was. */
  why: string;
  path: string;
}

/** Longer than any range's age may be before it counts as out of reach. */
const ASKED_AFTER_MS = 86_400_000;

/** Asks a pipeline of its own for clips out of the recordings in `origin`, a day after the last of them. */
export async function askPipeline(
  { origin, scratch }: { origin: string; scratch: string },
  recordings: readonly Listed[],
  asked: readonly Asked[],
): Promise<Map<string, Answer>> {
  const told = new Map<string, Told>();
  const whys = new Map<string, string>();
  const longestMs = Math.max(...recordings.map(({ startMs, endMs }) => endMs - startMs));
  const runtime = new LocalRuntime({
    root: join(scratch, "state"),
    settings: readSettings({
      CAM_SERVICES_URL: "https://cams.test.com",
      RECORDINGS_URL: "https://cams.test.com",
      CLIP_URL: "https://clips.test.com",
      S3_BUCKET_ORIGIN: "recordings",
      THUMBNAIL_SIZES: "80",
      RECORDING_MAX_LEN: String(Math.ceil(longestMs / 1000) + 1),
    }),
    origin: createFolderStore(origin),
    destination: createFolderStore(join(scratch, "clips")),
    destinationBucket: "clips",
    onEvent(event) {
      if (event.type === "ClipRendered") whys.set(event.data.request.clipId, event.data.clip.why);
    },
    media: createMediaEngine({ ffmpeg: testFfmpeg, threads: 1, timeLimitMs: 300_000 }),
    cameras: {
      alias: async () => "pier",
      recordings: async () =>
        recordings.map(({ name, startMs, endMs, init }) => ({
          ...(init && { initUrl: `https://cams.test.com/${init}` }),
          recordingUrl: `https://cams.test.com/${encodeURIComponent(name)}`,
          startDate: new Date(startMs).toISOString(),
          endDate: new Date(endMs).toISOString(),
        })),
      putClip: async (clipId, body) => void told.set(clipId, body as Told),
    },
  });
  await runtime.start();
  const sentMs = Math.max(...recordings.map(({ endMs }) => endMs)) + ASKED_AFTER_MS;
  for (const { clipId, fromMs, toMs, ...choices } of asked) {
    const range = { startTimestampInMs: fromMs, endTimestampInMs: toMs };
    await runtime.request(JSON.stringify({ clipId, cameraId: "cam", ...range, ...choices }), sentMs);
  }
  await runtime.idle();
  await runtime.stop();
  return new Map(
    asked.map(({ clipId }) => {
      const path = join(scratch, "clips", "cam", `${clipId}.mp4`);
      return [clipId, { told: told.get(clipId), why: whys.get(clipId) ?? "", path }];
    }),
  );
}

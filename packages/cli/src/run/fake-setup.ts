import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Footage } from "@camclips/core";
import { recordingStartMs } from "@camclips/core/recording-name";
import type { AnswerableRequest, Settings } from "@camclips/events";
import { createFolderStore } from "@camclips/local";
import { startCameraService } from "@camclips/local/camera-service";
import { settingsFrom } from "../input/environment.ts";
import type { Message } from "../input/messages.ts";
import { makeWritable } from "../input/writable-folder.ts";
import { makeRecordingOnce, type OnMake } from "../recordings/synthetic.ts";
import { CAMERA_DOWN, CAMERA_UP } from "../sample-events.ts";
import { requestsOf } from "./invocation.ts";
import { destinationIn, isFolder, type Setup } from "./setup.ts";

/** Recordings of the fake camera start every ten seconds: short ones are quick to make, and every clip has joins. */
const SLOT_MS = 10_000;
const PICTURE = { width: 320, height: 180, fps: 25, label: "FAKE" };
const ALIAS = "test";

/** Synthetic recordings are kept this long for the next run. */
const KEPT_MS = 24 * 3600_000;

/**
 * Two cameras that no real service is needed for: CAMERA_UP has whatever was recorded within OUT_OF_RANGE_LIMIT before
 * the message was sent (made when asked for), CAMERA_DOWN has nothing.
 */
export async function fakeSetup(
  environment: NodeJS.ProcessEnv,
  state: string,
  messages: readonly Message[],
  ffmpeg: string,
  onMake: OnMake,
): Promise<Setup & AsyncDisposable> {
  const { S3_BUCKET_DESTINATION: named = "" } = environment;
  const destinationBucket = isFolder(named) ? named : destinationIn(state);
  await makeWritable(destinationBucket, "the destination");
  const folder = join(state, "fake-recordings");
  await sweep(folder);
  const service = await startCameraService({
    cameras: new Map([
      [CAMERA_UP, { alias: ALIAS, recordings: () => footageIn(folder) }],
      [CAMERA_DOWN, { alias: "down", recordings: () => [] }],
    ]),
  });
  const settings = settingsFrom({
    ...environment,
    CAM_SERVICES_URL: service.url,
    RECORDINGS_URL: service.url,
    CLIP_URL: environment.CLIP_URL || "https://camclips.example.com",
    S3_BUCKET_ORIGIN: folder,
    S3_BUCKET_ORIGIN_DIR: "",
    RECORDING_LAYOUT: "",
  });
  for (const startMs of new Set(messages.flatMap((message) => slotsFor(message, settings)))) {
    await makeRecordingOnce(folder, { alias: ALIAS, startMs, seconds: SLOT_MS / 1000, ...PICTURE }, ffmpeg, onMake);
  }
  return {
    settings,
    origin: createFolderStore(folder),
    destination: createFolderStore(destinationBucket),
    destinationBucket,
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

/** Starts of the recordings that hold what a message asks for, as far as the camera would have them. */
function slotsFor(message: Message, settings: Settings): number[] {
  return requestsOf(message).flatMap((request) => slotsOf(request, message.sentMs, settings));
}

function slotsOf(
  { cameraId, startMs, endMs }: AnswerableRequest,
  sentMs: number,
  { OUT_OF_RANGE_LIMIT, VIDEO_MAX_LEN }: Settings,
): number[] {
  if (cameraId !== CAMERA_UP || startMs === null || endMs === null) return [];
  if (endMs - startMs > VIDEO_MAX_LEN * 1000 || startMs <= sentMs - OUT_OF_RANGE_LIMIT * 1000) return [];
  const slots: number[] = [];
  const last = Math.min(endMs, sentMs);
  for (let at = Math.floor(startMs / SLOT_MS) * SLOT_MS; at < last && at + SLOT_MS <= sentMs; at += SLOT_MS) {
    slots.push(at);
  }
  return slots;
}

/** The names that makeRecordingOnce gives, whatever the environment says about others. */
const names = { TIMESTAMP_FORMAT: "%Y%m%dT%H%M%S%f", OLD_FILE_FORMAT: false };

async function footageIn(folder: string): Promise<Footage[]> {
  const files = await readdir(folder).catch(() => []);
  return files.flatMap((key) => {
    const startMs = key.endsWith(".mp4") ? recordingStartMs(key, names) : undefined;
    return startMs === undefined ? [] : [{ key, startMs, endMs: startMs + SLOT_MS }];
  });
}

async function sweep(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) {
    const { mtimeMs } = await stat(join(folder, name));
    if (Date.now() - mtimeMs > KEPT_MS) await rm(join(folder, name), { force: true });
  }
}

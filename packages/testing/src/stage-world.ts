import { createHash } from "node:crypto";
import { copyFile, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  CameraServiceError,
  type ListedRecording,
  type Notification,
  type ScheduledMessage,
  UnknownCameraError,
} from "@camclips/core";
import { recordingName } from "@camclips/core/recording-name";
import {
  type AnyEvent,
  type AnyFact,
  type ClipRequest,
  firstEvent,
  type Rerun,
  readSettings,
  type Settings,
  toEnvelope,
} from "@camclips/events";
import { createFolderStore, createSqliteRecords, StateFile } from "@camclips/local";
import type { MediaEngine, RenderJob, RenderReport } from "@camclips/media";
import type { Deps } from "../../functions/src/runtime/deps.ts";
import { createOutbox } from "../../functions/src/runtime/outbox.ts";
import { processMessage, type StageHandler, type WrapperDeps } from "../../functions/src/runtime/process.ts";
import { createScratch } from "../../functions/src/runtime/scratch.ts";

/** A world for the stages in memory and in a folder of its own. Not part of the product. */

/** 20 s of grey at 5 frames a second, a keyframe every second (ffmpeg, lavfi color, libx264): 4 kB. */
export const RECORDING_FILE = fileURLToPath(new URL("testdata/recording.mp4", import.meta.url));
export const RECORDING_MS = 20_000;

export const CAMERA = "cam-1";
export const ALIAS = "pier";
export const START = Date.UTC(2026, 10, 23, 12);

export const request = (change: Partial<ClipRequest> = {}): ClipRequest => ({
  clipId: "clip-1",
  cameraId: CAMERA,
  startMs: START + 5_000,
  endMs: START + 15_000,
  retryTimestamps: [],
  gapPolicy: "SKIP_GAPS",
  sentMs: START + 60_000,
  ...change,
});

export const requestBody = (
  { startMs, endMs, sentMs: _, ...rest }: ClipRequest = request(),
): Record<string, unknown> => ({
  ...rest,
  startTimestampInMs: startMs,
  endTimestampInMs: endMs,
});

/** The first event of a chain, as a stage finds it in its queue. */
export function eventOf(fact: AnyFact, { rerun, key = "key" }: { rerun?: Rerun; key?: string } = {}): AnyEvent {
  const deadlineAt = new Date(START + 7_200_000).toISOString();
  const { clipId } = (fact.data as { request?: ClipRequest }).request ?? request();
  return firstEvent(fact, 1, { clipId, key, deadlineAt, rerun }, new Date(START + 60_000).toISOString()) as AnyEvent;
}

export interface StageWorld extends AsyncDisposable {
  readonly deps: Deps;
  readonly folder: string;
  nowMs: number;
  /** What a new request would have to wait. */
  backlogSeconds: number;
  /** What came over the bus, in order. */
  readonly published: AnyEvent[];
  readonly notifications: Notification[];
  readonly schedules: ScheduledMessage[];
  readonly puts: { clipId: string; body: Record<string, unknown> }[];
  readonly lines: { level: string; message: string; fields: Record<string, unknown> }[];
  readonly metrics: string[];
  readonly listed: ListedRecording[];
  /** Calls of the camera service, by name. */
  readonly calls: string[];
  /** Called before every effect; throws to break it. */
  fault: ((effect: string) => void) | undefined;
  /** Puts a recording into the bucket and onto the list; `body` null: listed only. */
  record(startMs: number, body?: Uint8Array | null, name?: string): Promise<string>;
}

export async function testWorld(settings: Partial<Record<keyof Settings, string>> = {}): Promise<StageWorld> {
  const folder = await mkdtemp(join(tmpdir(), "camclips-functions-"));
  const origin = createFolderStore(join(folder, "origin"));
  const read = readSettings({
    CAM_SERVICES_URL: "https://cams.test.com",
    RECORDINGS_URL: "https://recordings.test.com",
    CLIP_URL: "https://clips.test.com",
    S3_BUCKET_ORIGIN: "recordings",
    THUMBNAIL_SIZES: "300 640",
    ...settings,
  });
  const effect = (name: string) => world.fault?.(name);
  const call = (name: string) => {
    world.calls.push(name);
    effect(name);
  };
  const log =
    (level: string) =>
    (message: string, fields: Record<string, unknown> = {}) =>
      void world.lines.push({ level, message, fields });
  const file = new StateFile(":memory:");
  const deps: Deps = {
    records: createSqliteRecords(file, { now: () => world.nowMs }),
    outbox: {
      publish: (emission, signal) => createOutbox(deps).publish(emission, signal),
    },
    settings: read,
    clock: { now: () => world.nowMs },
    log: { info: log("info"), warn: log("warn"), error: log("error") },
    metrics: { add: (name) => void world.metrics.push(name) },
    origin,
    work: createFolderStore(join(folder, "work")),
    destination: createFolderStore(join(folder, "destination")),
    destinationBucket: "clips",
    bus: {
      async publish(events) {
        effect("bus");
        // Through JSON, as on the real bus.
        world.published.push(...events.map((event) => JSON.parse(JSON.stringify(event)) as AnyEvent));
      },
    },
    topic: {
      async notify(notification) {
        effect("topic");
        world.notifications.push(notification);
      },
    },
    scheduler: {
      async schedule(message) {
        effect("scheduler");
        if (world.schedules.some(({ name }) => name === message.name)) return "already scheduled";
        world.schedules.push(message);
        return "scheduled";
      },
    },
    schedules: {
      async unschedule(name) {
        effect("unschedule");
        const at = world.schedules.findIndex((schedule) => schedule.name === name);
        if (at >= 0) world.schedules.splice(at, 1);
      },
    },
    cameras: {
      async alias(cameraId) {
        call("alias");
        if (cameraId !== CAMERA) throw new UnknownCameraError(`no camera ${cameraId}`);
        return ALIAS;
      },
      async recordings() {
        call("recordings");
        return world.listed;
      },
      async putClip(clipId, body) {
        call("put");
        world.puts.push({ clipId, body: JSON.parse(JSON.stringify(body)) });
      },
    },
    backlog: { waitSeconds: async () => world.backlogSeconds },
    scratch: createScratch(join(folder, "scratch")),
    media: fakeMedia(),
    onProgress: () => () => {},
  };
  const world: StageWorld = {
    deps,
    folder,
    nowMs: START + 60_000,
    backlogSeconds: 0,
    published: [],
    notifications: [],
    schedules: [],
    puts: [],
    lines: [],
    metrics: [],
    listed: [],
    calls: [],
    fault: undefined,
    async record(startMs, body, name = recordingName(ALIAS, startMs, read)) {
      const bytes = body === undefined ? await readFile(RECORDING_FILE) : body;
      if (bytes) await origin.put(name, bytes, { contentType: "video/mp4" });
      world.listed.unshift({
        recordingUrl: `https://recordings.test.com/${name}`,
        startDate: new Date(startMs).toISOString(),
        endDate: new Date(startMs + RECORDING_MS).toISOString(),
      });
      return name;
    },
    [Symbol.asyncDispose]: async () => {
      file[Symbol.dispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return world;
}

/** An engine that copies instead of encoding: the clip is its first source, a thumbnail a few bytes that name it. */
export function fakeMedia(before: (job: RenderJob) => void = () => {}): MediaEngine {
  return {
    async renderClip(job, { onProgress }) {
      before(job);
      const [first] = job.sources;
      if (!first) throw new Error("a clip needs a source");
      await copyFile(first.path, job.output);
      onProgress?.(100);
      const delivered = job.sources.map(({ fromMs, toMs }): [number, number] => [fromMs, toMs]);
      const lastEnd = delivered.at(-1)?.[1] ?? job.endMs;
      const gaps = [
        [job.startMs, delivered[0]?.[0] ?? job.startMs] as const,
        ...delivered.map(([, to], at) => [to, delivered[at + 1]?.[0] ?? job.endMs] as const),
      ]
        .filter(([from, to]) => to - from > job.joinToleranceMs)
        .map(([startMs, endMs]) => ({ startMs, endMs, cause: "NOT_RECORDED" as const }));
      return {
        precision: job.precision,
        why: "asked for",
        bytes: (await stat(job.output)).size,
        durationMs: delivered.reduce((sum, [from, to]) => sum + to - from, 0),
        width: 64,
        height: 36,
        frames: 50,
        encodedFrames: 0,
        audio: false,
        audioCoverage: {
          delivered: [],
          silent: delivered.map(([startMs, endMs]) => ({ startMs, endMs, cause: "NOT_RECORDED" as const })),
        },
        delivered,
        gaps,
        held: [],
        ...clockOf(job.clock),
        startErrorMs: 0,
        endErrorMs: lastEnd - job.endMs,
        anchors: [{ seconds: 0, wallMs: job.startMs }],
      };
    },
    unwrap: async () => undefined,
    version: async () => "0-fake",
    async renderThumbnails({ clip, outputs, preview }) {
      const name = createHash("sha256")
        .update(await readFile(clip))
        .digest("hex");
      await Promise.all(outputs.map(({ path, width }) => writeFile(path, `${name} ${width}`)));
      const small = [preview?.sprite, preview?.animated].filter((path) => path !== undefined);
      await Promise.all(small.map((path) => writeFile(path, name)));
      const tiles = [0, 4].map((fromSeconds) => ({ fromSeconds, x: fromSeconds * 40, y: 0 }));
      return {
        thumbnails: outputs.map(({ path, width }) => ({ path, width: width ?? 64, height: 36 })),
        storyboard: preview && { tiles, width: 160, height: 90, animated: preview.animated !== undefined },
      };
    },
  };
}

function clockOf(clock: RenderJob["clock"]): Partial<RenderReport> {
  if (clock?.way === "burned") return { clockBurned: true };
  return clock ? { clock: [{ fromSeconds: 0, toSeconds: 10, text: `${clock.zone} ${clock.name}` }] } : {};
}

export const down = (): never => {
  throw new CameraServiceError("GET /cameras answered 503", true);
};

/** Delivers one message to a stage through the wrapper. Returns the events that it published. */
export async function deliver<Needs extends WrapperDeps>(
  stage: StageHandler<Needs>,
  body: AnyEvent | unknown,
  world: StageWorld,
  { messageId = "m-1", receiveCount = 1, sentMs = world.nowMs, signal = new AbortController().signal } = {},
): Promise<AnyEvent[]> {
  const before = world.published.length;
  const isEvent = typeof body === "object" && body !== null && "metadata" in body;
  const message = {
    messageId,
    body: isEvent ? JSON.parse(JSON.stringify(toEnvelope(body as AnyEvent))) : body,
    sentMs,
    receiveCount,
  };
  await processMessage(stage, message, world.deps as unknown as Needs, signal);
  return world.published.slice(before);
}

/** What a stage's one answer is, with its data. @throws Error when it published something else. */
export function onlyOne<Type extends AnyEvent["type"]>(
  type: Type,
  events: AnyEvent[],
): Extract<AnyEvent, { type: Type }> {
  const [event, ...others] = events;
  if (event?.type !== type || others.length > 0)
    throw new Error(`expected one ${type}, not ${JSON.stringify(events.map((each) => [each.type, each.data]))}`);
  return event as Extract<AnyEvent, { type: Type }>;
}

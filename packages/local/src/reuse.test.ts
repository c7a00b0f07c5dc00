import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ClipMetadata, Notification } from "@camclips/core";
import { recordingName } from "@camclips/core/recording-name";
import { readSettings } from "@camclips/events";
import { testFolder } from "@camclips/testing/folders";
import {
  ALIAS,
  CAMERA,
  fakeMedia,
  RECORDING_FILE,
  RECORDING_MS,
  request,
  requestBody,
  START,
} from "@camclips/testing/stage-world";
import { expect, it } from "vitest";
import { createFolderStore } from "./folder-store.ts";
import { LocalRuntime } from "./runtime.ts";

/** REUSE_CLIPS=<n> asks for so many. */
const { REUSE_CLIPS = "20" } = process.env;

/** A running pipeline with one recording, of which it is counted how often it is cut. */
async function running({ reuse = "" } = {}) {
  const folder = await testFolder();
  const settings = readSettings({
    CAM_SERVICES_URL: "http://x",
    RECORDINGS_URL: "http://x",
    CLIP_URL: "http://x",
    S3_BUCKET_ORIGIN: "x",
    THUMBNAIL_SIZES: "300",
    REUSE: reuse,
  });
  const origin = createFolderStore(join(folder.path, "origin"));
  const destination = createFolderStore(join(folder.path, "destination"));
  const name = recordingName(ALIAS, START, settings);
  await origin.put(name, await readFile(RECORDING_FILE), { contentType: "video/mp4" });
  const cut: string[] = [];
  const told: Notification[] = [];
  const runtime = new LocalRuntime({
    root: join(folder.path, "state"),
    settings,
    origin,
    destination,
    destinationBucket: "clips",
    media: fakeMedia(({ output }) => void cut.push(output)),
    engine: async () => "engine-1",
    clock: { now: () => START + 60_000 },
    cameras: {
      alias: async () => ALIAS,
      recordings: async () => [
        {
          recordingUrl: `http://x/${name}`,
          startDate: new Date(START).toISOString(),
          endDate: new Date(START + RECORDING_MS).toISOString(),
        },
      ],
      putClip: async () => {},
    },
    onNotification: (notification) => void told.push(notification),
  });
  await runtime.start();
  return {
    cut,
    destination,
    runtime,
    metadata: () => told.map(({ message }) => JSON.parse(message) as ClipMetadata & { clip: { sha256: string } }),
    async [Symbol.asyncDispose]() {
      await runtime.stop();
      await folder[Symbol.asyncDispose]();
    },
  };
}

const ask = (clipId: string) => JSON.stringify(requestBody(request({ clipId, cameraId: CAMERA })));

it("cuts a clip once that is asked for many times at once, and publishes each", async () => {
  await using world = await running();
  const { runtime, destination, cut } = world;
  const clipIds = Array.from({ length: Number(REUSE_CLIPS) }, (_, index) => `clip-${index}`);
  await Promise.all(clipIds.map((clipId) => runtime.request(ask(clipId), START + 60_000)));
  await runtime.idle();
  const told = world.metadata();
  expect(cut).toHaveLength(1);
  expect(told.map(({ status }) => status)).toEqual(clipIds.map(() => "CLIP_AVAILABLE"));
  const [maker, ...others] = told.filter(({ reusedFrom }) => reusedFrom === undefined);
  expect(others).toEqual([]);
  expect(new Set(told.map(({ reusedFrom }) => reusedFrom))).toEqual(new Set([undefined, maker?.clipId]));
  for (const clipId of clipIds) {
    const body = (await destination.get(`${CAMERA}/${clipId}.mp4`)) ?? new Uint8Array();
    expect(createHash("sha256").update(body).digest("hex")).toBe(maker?.clip.sha256);
    expect(await destination.info(`${CAMERA}/${clipId}_300.jpg`)).toBeDefined();
    const types = (await runtime.history(clipId)).map(({ type }) => type);
    expect(types.filter((type) => type === "ClipPublished")).toHaveLength(1);
  }
  expect(new Set(told.map(({ clip }) => clip.sha256)).size).toBe(1);
  expect(runtime.schedules.filter(({ queue }) => queue !== "check-deadline")).toEqual([]);
});

it("cuts every clip where it is told to", async () => {
  await using world = await running({ reuse: "off" });
  for (const clipId of ["clip-1", "clip-2"]) await world.runtime.request(ask(clipId), START + 60_000);
  await world.runtime.idle();
  expect(world.cut).toHaveLength(2);
  expect(world.metadata().map(({ reusedFrom }) => reusedFrom)).toEqual([undefined, undefined]);
});

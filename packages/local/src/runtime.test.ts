import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readSettings } from "@camclips/events";
import { testFolder } from "@camclips/testing/folders";
import { fakeMedia } from "@camclips/testing/stage-world";
import { expect, it } from "vitest";
import { createFolderStore } from "./folder-store.ts";
import { LocalRuntime, STATE_FILE, stageSeconds } from "./runtime.ts";
import { StateFile } from "./sqlite/state-file.ts";

it("has half an hour for the work of ffmpeg, and Lambda's time for everything else", () => {
  expect(stageSeconds({ ffmpeg: true, timeoutSeconds: 300 })).toBe(1800);
  expect(stageSeconds({ ffmpeg: false, timeoutSeconds: 60 })).toBe(60);
});

it("does nothing any more when it is stopped while it starts; what it was to do stays for the next one", async () => {
  await using folder = await testFolder();
  const state = join(folder.path, "state");
  const seen: string[] = [];
  const create = () =>
    new LocalRuntime({
      root: state,
      settings: readSettings({
        CAM_SERVICES_URL: "http://x",
        RECORDINGS_URL: "http://x",
        CLIP_URL: "http://x",
        S3_BUCKET_ORIGIN: "x",
      }),
      origin: createFolderStore(join(folder.path, "origin")),
      destination: createFolderStore(join(folder.path, "destination")),
      destinationBucket: "clips",
      media: fakeMedia(),
      cameras: {
        alias: async () => "pier",
        recordings: async () => [],
        putClip: async () => {},
      },
      onEvent: ({ type }) => void seen.push(type),
    });
  const request = { clipId: "clip", cameraId: "cam", startTimestampInMs: 1000, endTimestampInMs: 2000 };
  const waiting = () => {
    using file = new StateFile(join(state, STATE_FILE), { readOnly: true });
    return file.read.rows("SELECT queue, body FROM messages");
  };
  const caller = create();
  await caller.request(JSON.stringify(request), 5000);
  await caller.stop();

  const stopped = create();
  const starting = stopped.start();
  await stopped.stop();
  await starting;
  const before = [...seen];
  const left = waiting();
  await sleep(100);
  expect(seen).toEqual(before);
  expect(waiting()).toEqual(left);

  const next = create();
  await next.start();
  await next.idle();
  await next.stop();
  expect(seen).toContain("ClipPublished");
  expect(waiting()).toEqual([]);
});

import { join } from "node:path";
import { readSettings } from "@camclips/events";
import { cancelClip } from "@camclips/functions";
import { testFolder, until } from "@camclips/testing/folders";
import { fakeMedia } from "@camclips/testing/stage-world";
import { expect, it } from "vitest";
import { createFolderStore } from "./folder-store.ts";
import { operatorPorts } from "./operator-ports.ts";
import { LocalRuntime, STATE_FILE } from "./runtime.ts";
import { StateFile } from "./sqlite/state-file.ts";

const clock = { now: Date.now };

/** A camera that is known, and whose footage has not come yet. */
function runtimeIn(folder: string, puts: string[]) {
  return new LocalRuntime({
    root: join(folder, "state"),
    settings: readSettings({
      CAM_SERVICES_URL: "http://x",
      RECORDINGS_URL: "http://x",
      CLIP_URL: "http://x",
      S3_BUCKET_ORIGIN: "x",
    }),
    origin: createFolderStore(join(folder, "origin")),
    destination: createFolderStore(join(folder, "destination")),
    destinationBucket: "clips",
    media: fakeMedia(),
    cameras: {
      alias: async () => "pier",
      recordings: async () => [],
      putClip: async (_, body) => void puts.push((body as { status: string }).status),
    },
  });
}

const now = Date.now();
const body = (clipId: string) =>
  JSON.stringify({ clipId, cameraId: "cam", startTimestampInMs: now - 20_000, endTimestampInMs: now - 10_000 });

it("an operator's process cancels a clip of a runtime that works, and of one that comes later", async () => {
  await using folder = await testFolder();
  const puts: string[] = [];
  using file = new StateFile(join(folder.path, "state", STATE_FILE));
  const operator = operatorPorts(file, clock);

  const first = runtimeIn(folder.path, puts);
  await first.start();
  for (const clipId of ["one", "two"]) await first.request(body(clipId));
  await first.idle();
  expect(puts).toEqual(["CLIP_PENDING", "CLIP_PENDING"]);
  expect(await cancelClip("one", operator)).toEqual({ kind: "cancelled" });
  await until(() => puts.includes("CLIP_CANCELLED"));
  await first.idle();
  await first.stop();

  expect(await cancelClip("two", operator)).toEqual({ kind: "cancelled" });
  const next = runtimeIn(folder.path, puts);
  await next.start();
  await next.idle();
  expect(puts.slice(2)).toEqual(["CLIP_CANCELLED", "CLIP_CANCELLED"]);
  expect(next.schedules.map(({ queue }) => queue)).toEqual(["check-deadline", "check-deadline"]);
  await next.stop();
});

it("a runtime's own process cancels through it", async () => {
  await using folder = await testFolder();
  const puts: string[] = [];
  const runtime = runtimeIn(folder.path, puts);
  await runtime.start();
  await runtime.request(body("one"));
  await runtime.idle();
  expect(await cancelClip("one", runtime.operator)).toEqual({ kind: "cancelled" });
  await runtime.idle();
  expect(puts).toEqual(["CLIP_PENDING", "CLIP_CANCELLED"]);
  expect(runtime.schedules.map(({ queue }) => queue)).toEqual(["check-deadline"]);
  await runtime.stop();
});

it("dead letters are looked at by their queue, the oldest first, and stay", async () => {
  using file = new StateFile(":memory:");
  await file.write((transaction) => {
    for (const queue of ["render-clip", "publish-clip", "render-clip"])
      transaction.run(
        "INSERT INTO dead_letters (queue, body, sent_ms, receives, error) VALUES (?, 'body', 5, 4, 'Error: broke')",
        queue,
      );
  });
  const { deadLetters } = operatorPorts(file, clock);
  const letter = { queue: "render-clip", body: "body", sentMs: 5, error: "Error: broke" };
  for (let look = 0; look < 2; look += 1)
    expect(await deadLetters.look("render-clip", 10)).toEqual([
      { ...letter, messageId: "1" },
      { ...letter, messageId: "3" },
    ]);
  expect(await deadLetters.look("render-clip", 1)).toHaveLength(1);
  expect(await deadLetters.look("schedules", 10)).toEqual([]);
});

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { makeRecording } from "@camclips/media/synthetic";
import { testFolder } from "@camclips/testing/folders";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { createStack } from "./create-stack.ts";
import type { Stack } from "./stack.ts";
import { until } from "./until.ts";

const SECONDS = 4;
/** Kolkata's clocks are never changed. */
const [ZONE, AHEAD_MS] = ["Asia/Kolkata", 330 * 60_000];
const startMs = Math.floor(Date.now() / 1000) * 1000 - 60_000;

function keyAt(second: number): string {
  const [date, time = ""] = new Date(startMs + second * 1000 + AHEAD_MS).toISOString().split("T");
  const [hour, minute, seconds = ""] = time.split(":");
  return `cam-harbour/${date}/${hour}/${minute}.${seconds.slice(0, 2)}.mp4`;
}

let stack: Stack;
let camera: ReturnType<Stack["emptyCamera"]>;

beforeAll(async () => {
  // The next attempt by itself comes in five minutes: what comes sooner was woken.
  const waking = { EARLY_WAKE: "true", SQS_TIMEOUT: "300", THUMBNAIL_SIZES: "80" };
  const layout = "{camera}/%Y-%m-%d/%H/%M.%S";
  stack = await createStack({ ...waking, RECORDING_LAYOUT: layout, RECORDING_ZONE: ZONE });
  camera = stack.emptyCamera("harbour");
});
afterAll(() => stack?.[Symbol.asyncDispose]());

async function record(second: number): Promise<void> {
  await using folder = await testFolder();
  const path = join(folder.path, "recording.mp4");
  const from = startMs + second * 1000;
  await makeRecording({ path, startMs: from, epochMs: startMs, seconds: SECONDS, gop: 25, ffmpeg: inject("ffmpeg") });
  const [key, Bucket] = [keyAt(second), stack.outputs.originBucket];
  camera.listed.push({ key, startMs: from, endMs: from + SECONDS * 1000 });
  await stack.clients.s3.send(new PutObjectCommand({ Bucket, Key: key, Body: await readFile(path) }));
}

it("cuts clips out of a recorder's folder as it was copied into the bucket, and is woken by what comes into it", async () => {
  await record(0);
  const range = { startTimestampInMs: startMs + 2500, endTimestampInMs: startMs + 6500 };
  await stack.request({ clipId: "laid-out", cameraId: "harbour", ...range, retryTimestamps: [] });
  await stack.explained("laid-out", () =>
    until("the clip waits for the rest", 60_000, async () => {
      return (await stack.records.status("laid-out"))?.state === "waiting" || undefined;
    }),
  );
  await record(SECONDS);
  const { status, body } = await stack.terminal("laid-out");
  expect(status).toBe("CLIP_AVAILABLE");
  expect(body).toMatchObject({ coverage: { gaps: [] }, clip: { durationMs: 4000, frames: 100 } });
  const located = (await stack.records.history("laid-out")).findLast(({ type }) => type === "SourcesLocated");
  expect(JSON.stringify(located)).toContain(keyAt(SECONDS));
});

import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { makeRecording, recordingName } from "@camclips/media/synthetic";
import { testFolder } from "@camclips/testing/folders";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { createStack } from "./create-stack.ts";
import type { Stack } from "./stack.ts";

let stack: Stack;

beforeAll(async () => {
  stack = await createStack({ EARLY_WAKE: "true", THUMBNAIL_SIZES: "80", RECORDING_MAX_LEN: "10" });
  // Functions that somebody else's clip has started, as they are in a stage at work.
  const { startMs } = await stack.camera("warm", Math.floor(Date.now() / 1000) * 1000 - 60_000, { recordings: 1 });
  const range = { startTimestampInMs: startMs, endTimestampInMs: startMs + 2000 };
  await stack.request({ clipId: "warm", cameraId: "warm", ...range, retryTimestamps: [] });
  await stack.terminal("warm");
});
afterAll(() => stack?.[Symbol.asyncDispose]());

const SEGMENT_MS = 2000;
const SECONDS = 16;

/** Until it is in the bucket, as an encoder that uploads takes. */
const UPLOAD_MS = 300;

/** The end of a range is published so soon after it was recorded. */
const LIVE_MS = 15_000;
const WAITING_MS = 10_000;

const until = (ms: number) => sleep(Math.max(0, ms - Date.now()));

/** A stream in segments, as an encoder for HLS writes them. */
async function segments(folder: string, type: string, ending: string): Promise<Uint8Array[]> {
  const path = join(folder, "stream.mp4");
  const ffmpeg = inject("ffmpeg");
  await makeRecording({ path, startMs: 0, seconds: SECONDS, gop: 50, ffmpeg });
  const hls = ["-f", "hls", "-hls_time", "2", "-hls_playlist_type", "vod", "-hls_segment_type", type];
  const output = ["-hls_segment_filename", join(folder, `%03d.${ending}`), join(folder, "list.m3u8")];
  await promisify(execFile)(ffmpeg, ["-v", "error", "-i", path, "-map", "0", "-c", "copy", ...hls, ...output]);
  const names = (await readdir(folder)).filter((name) => name.endsWith(ending)).sort();
  return Promise.all(names.map((name) => readFile(join(folder, name))));
}

/** How long the same clip takes whose footage is there when it is asked for: the work alone, on this machine now. */
async function workMs(cameraId: string, range: Record<string, number>): Promise<number> {
  const clipId = `${cameraId}-again`;
  const sentMs = Date.now();
  await stack.request({ clipId, cameraId, ...range, retryTimestamps: [] });
  await stack.terminal(clipId);
  return Date.now() - sentMs;
}

it.each([
  ["MPEG-TS", "mpegts", "ts"],
  ["CMAF, whose header is an object of its own", "fmp4", "m4s"],
])(
  "a clip that is asked for while it happens is there seconds after its end, out of segments of two seconds: %s",
  async (_, type, ending) => {
    await using folder = await testFolder();
    const made = await segments(folder.path, type, ending);
    expect(made).toHaveLength((SECONDS * 1000) / SEGMENT_MS);
    const put = (Key: string, Body: Uint8Array) =>
      stack.clients.s3.send(new PutObjectCommand({ Bucket: stack.outputs.originBucket, Key, Body }));
    const camera = stack.emptyCamera(ending);
    const initKey = type === "fmp4" ? `${camera.alias}-init.mp4` : undefined;
    if (initKey) await put(initKey, await readFile(join(folder.path, "init.mp4")));

    const startMs = Math.ceil(Date.now() / 1000) * 1000 + 1000;
    const range = { startTimestampInMs: startMs + 5100, endTimestampInMs: startMs + 13_700 };
    await until(startMs);
    await stack.request({ clipId: ending, cameraId: ending, ...range, retryTimestamps: [] });
    for (const [index, body] of made.entries()) {
      const from = startMs + index * SEGMENT_MS;
      await until(from + SEGMENT_MS + UPLOAD_MS);
      const key = recordingName(camera.alias, from).replace(/mp4$/, ending);
      camera.listed.push({ key, startMs: from, endMs: from + SEGMENT_MS, ...(initKey && { initKey }) });
      await put(key, body);
    }
    const { status, body } = await stack.terminal(ending);
    const tookMs = Date.now() - range.endTimestampInMs;
    expect(body).toMatchObject({ status, coverage: { gaps: [] }, clip: { durationMs: 8600 } });
    expect(stack.puts(ending).map((told) => told.body.reason ?? told.body.status)).toEqual([
      "FUTURE_RANGE",
      "CLIP_AVAILABLE",
    ]);
    const history = await stack.records.history(ending);
    const at = history.map(
      ({ type, metadata }) => `${type} ${Date.parse(metadata.occurredAt) - range.endTimestampInMs}`,
    );
    // A machine that is busy with others needs long for any clip: then what waiting adds counts, which is minutes without a wake.
    const isSlow = tookMs >= LIVE_MS;
    expect(isSlow ? tookMs - (await workMs(ending, range)) : tookMs, at.join(", ")).toBeLessThan(
      isSlow ? WAITING_MS : LIVE_MS,
    );
  },
);

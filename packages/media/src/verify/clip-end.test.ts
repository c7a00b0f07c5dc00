import { open } from "node:fs/promises";
import { join } from "node:path";
import { fileSource, firstTrack, readMovie, type Track } from "@camclips/mp4";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { Workshop } from "@camclips/testing/media/workshop";
import { afterAll, describe, expect, it } from "vitest";
import { VerificationError } from "../errors.ts";
import { makeRecording, type RecordingOptions } from "../synthetic/index.ts";
import { checkClipEnd } from "./clip-end.ts";

const shop = new Workshop();
afterAll(() => shop.clear());
let files = 0;

/** One GOP of 100 frames. */
async function longGop(options: Partial<RecordingOptions> = {}): Promise<{ path: string; video: Track }> {
  const path = join(await shop.folder, `gop-${files++}.mp4`);
  await makeRecording({ path, startMs: 0, seconds: 4, gop: 100, audio: false, ...options });
  await using file = await fileSource(path);
  const video = firstTrack(await readMovie(file, path), "vide");
  if (!video) throw new Error("a recording without video");
  return { path, video };
}

async function check({ path, video }: { path: string; video: Track }): Promise<boolean> {
  const ways = { ffmpeg: testFfmpeg, timeLimitMs: 30_000, scratch: await shop.folder };
  return await checkClipEnd({ path, video, entry: 0 }, ways);
}

/** Overwrites the second half of a sample. */
async function damage({ path, video: { samples } }: { path: string; video: Track }, index: number): Promise<void> {
  await using file = await open(path, "r+");
  const half = (samples.size[index] ?? 0) >> 1;
  await file.write(Buffer.alloc(half, 0xff), 0, half, (samples.offset[index] ?? 0) + half);
}

/** With the last value but one in the last one's place. */
function again<T extends Float64Array | Uint32Array>(values: T): T {
  return values.with(-1, values.at(-2) ?? 0) as T;
}

describe("checkClipEnd", () => {
  it.each<[string, Partial<RecordingOptions>]>([
    ["one reference picture", {}],
    ["three reference pictures", { encoder: ["-refs", "3"] }],
    ["CAVLC", { encoder: ["-profile:v", "baseline"] }],
    ["several slices", { encoder: ["-slices", "3"] }],
    ["frames of any length", { vfr: true }],
    ["times finer than microseconds", { fps: 30, seconds: 125 / 30, gop: 125, timescale: 30_000_000 }],
    ["times that do not begin at 0", { firstSeconds: 1.5 }],
  ])("is content with a GOP that is whole: %s", async (_, options) => {
    expect(await check(await longGop(options))).toBe(true);
  });

  it("leaves frames alone that need some behind them", async () => {
    expect(await check(await longGop({ bFrames: 2 }))).toBe(false);
  });

  it.each([0, 75, 90, 99])("finds damage in frame %i", async (index) => {
    const gop = await longGop({ kbps: 500 });
    await damage(gop, index);
    await expect(check(gop)).rejects.toThrow(VerificationError);
  });

  it.each<[string, (video: Track) => Partial<Track["samples"]>]>([
    ["is stored elsewhere", ({ samples: { offset, size } }) => ({ offset: again(offset), size: again(size) })],
    ["is shown at another time", ({ samples: { dts } }) => ({ dts: dts.with(-1, (dts.at(-1) ?? 0) + 900) })],
  ])("does not rely on our reader alone: a frame %s", async (_, other) => {
    const { path, video } = await longGop();
    const misread = { ...video, samples: { ...video.samples, ...other(video) } };
    await expect(check({ path, video: misread })).rejects.toThrow("does not find the clip's frame at 3.9");
  });
});

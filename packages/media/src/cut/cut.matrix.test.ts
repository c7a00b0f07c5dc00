import { readFile, writeFile } from "node:fs/promises";
import { expectCut as expectCutOf } from "@camclips/testing/media/expect-cut";
import { jobOf, Workshop } from "@camclips/testing/media/workshop";
import { afterAll, describe, expect, it } from "vitest";
import type { RenderJob } from "../media-engine.ts";
import { type Camera, type CameraOptions, makeCamera, readAudioOnsets } from "../synthetic/index.ts";

const startMs = Date.UTC(2018, 9, 31, 2, 52, 0, 51);
const shop = new Workshop();
afterAll(() => shop.clear());

function camera(name: string, options: Partial<CameraOptions> = {}): Promise<Camera> {
  const usual = { alias: "pier", startMs, recordings: 2, seconds: 4, gop: 25 };
  return shop.camera(name, (folder) => makeCamera({ ...usual, ...options, folder }));
}

const expectCut = (made: Camera, fromMs: number, toMs: number, options: Partial<RenderJob> = {}) =>
  expectCutOf(shop, made, fromMs, toMs, options);

const KINDS: [string, Partial<CameraOptions>][] = [
  ["25 fps", {}],
  ["29.97 fps with a pyramid of B-frames", { fps: "30000/1001", bFrames: 3 }],
  ["30 fps with B-frames in open GOPs", { fps: 30, bFrames: 2, openGop: true }],
  ["a variable frame rate", { vfr: true }],
  ["a variable frame rate with B-frames", { vfr: true, bFrames: 2 }],
  ["only keyframes", { gop: 1 }],
  ["one keyframe", { gop: 250, bFrames: 2 }],
  ["no audio", { audio: false }],
  ["a first frame at 0.48 s in the file", { firstSeconds: 0.48, recordings: 1, seconds: 6 }],
  ["one unit of time a frame", { fps: 30, timescale: 30, bFrames: 2 }],
  ["one unit of time a frame, at 12 fps", { fps: 12, timescale: 12 }],
  ["fragments", { container: "fragmented" }],
  ["parameter sets repeated in the samples", { encoder: ["-bsf:v", "dump_extra"] }],
  ["the baseline profile", { encoder: ["-profile:v", "baseline"] }],
  ["the main profile in full range", { encoder: ["-profile:v", "main", "-pix_fmt", "yuvj420p"], bFrames: 1 }],
];

describe.concurrent("a smart clip has every frame of its range and no other", () => {
  it.each(KINDS)("from recordings with %s", async (name, options) => {
    const made = await camera(name, options);
    const toMs = Math.min(made.recordings.at(-1)?.endMs ?? 0, startMs + 5210);
    const { report } = await expectCut(made, startMs + 1730, toMs);
    expect(report).toMatchObject({ precision: "smart", gaps: [] });
    expect(report.encodedFrames).toBeLessThan(report.frames);
  });

  it.each([
    ["starts on a keyframe", 2000, 3400],
    ["starts one frame before a keyframe", 1960, 3400],
    ["starts one frame after a keyframe", 2040, 3400],
    ["ends one frame after a keyframe", 1500, 3040],
    ["ends one frame before a keyframe", 1500, 2960],
    ["ends with the recording", 2500, 4000],
    ["begins with the second recording", 4000, 4500],
    ["begins one frame before the join", 3960, 4440],
    ["ends one frame behind the join", 2960, 4040],
    ["has edges between frames", 2505, 4419],
  ])("when it %s", async (_, from, to) => {
    for (const name of ["25 fps", "29.97 fps with a pyramid of B-frames"]) {
      const options = KINDS.find(([kind]) => kind === name)?.[1];
      await expectCut(await camera(name, options), startMs + from, startMs + to);
    }
  });

  it("across three recordings, with the audio in step at both joins", async () => {
    const made = await camera("three", { recordings: 3, seconds: 2.4, bFrames: 2 });
    const { path, report } = await expectCut(made, startMs + 520, startMs + 6900);
    expect(report.precision).toBe("smart");
    const onsets = await readAudioOnsets(path);
    expect(onsets.map(({ second }) => second)).toEqual([1, 2, 3, 4, 5, 6]);
    for (const { seconds, second } of onsets) expect(Math.abs(seconds - (second - 0.52))).toBeLessThan(0.01);
  });

  it("copies everything when it starts at a keyframe", async () => {
    const { report } = await expectCut(await camera("25 fps"), startMs + 2000, startMs + 5000);
    expect(report).toMatchObject({ encodedFrames: 0, why: "all 75 frames are copied" });
  });

  it("encodes all when no frame could be copied", async () => {
    const { report } = await expectCut(await camera("25 fps"), startMs + 2520, startMs + 2560);
    expect(report.precision).toBe("exact");
    expect(report.why).toContain("no keyframe");
  });
});

/** The index without its composition offsets and its edit list. */
async function withoutOrder(path: string): Promise<void> {
  const bytes = await readFile(path);
  for (const type of ["ctts", "edts"]) bytes.write("free", bytes.indexOf(type));
  await writeFile(path, bytes);
}

it.each([1, 2, 3])(
  "frames whose index tells no order are encoded, in the order of their pictures: %d B-frames",
  async (bFrames) => {
    const made = await camera(`no order ${bFrames}`, { bFrames, recordings: 1, seconds: 6, audio: false });
    const [recording] = made.recordings;
    await withoutOrder(recording?.path ?? "");
    const job = jobOf(made.recordings, startMs + 1300, startMs + 3300, { precision: "smart" });
    const { report, frames } = await shop.render(job);
    const codes = frames.map(({ code }) => Number(code));
    expect(codes).toEqual(Array.from({ length: codes.length }, (_, i) => (codes[0] ?? 0) + i));
    expect([report.frames, report.encodedFrames]).toEqual([50, 50]);
  },
);

describe.concurrent("a fast clip", () => {
  it.each(KINDS)("shows the right frames in players that honour edit lists: %s", async (name, options) => {
    const made = await camera(name, options);
    const toMs = Math.min(made.recordings.at(-1)?.endMs ?? 0, startMs + 5210);
    const { report } = await expectCut(made, startMs + 1730, toMs, { precision: "fast" });
    expect(report).toMatchObject({ precision: "fast", encodedFrames: 0, gaps: [] });
  });

  it.each([
    ["within a second", 2.4],
    ["at the very start of a second's burst", 2],
  ])("keeps the audio in step across joins %s, without encoding it", async (_, seconds) => {
    const made = await camera(`three of ${seconds}`, { recordings: 3, seconds, bFrames: 2 });
    const { path } = await expectCut(made, startMs + 520, startMs + seconds * 3000 - 300, { precision: "fast" });
    const onsets = await readAudioOnsets(path);
    expect(onsets.map(({ second }) => second).slice(0, 5)).toEqual([1, 2, 3, 4, 5]);
    for (const { seconds, second } of onsets) expect(Math.abs(seconds - (second - 0.52))).toBeLessThan(0.003);
  });
});

describe("a clip of 300 s across two recordings, the longest there is by default", () => {
  it.each(["smart", "fast", "exact"] as const)(
    "has all of its 7,500 frames, and the audio in step, the %s way",
    async (precision) => {
      const made = await camera("long", { seconds: 160, gop: 50, bFrames: 2 });
      const fromMs = startMs + 9520;
      const { path, report } = await expectCut(made, fromMs, fromMs + 300_000, { precision });
      expect(report).toMatchObject({ precision, frames: 7500, durationMs: 300_000, gaps: [] });
      const onsets = await readAudioOnsets(path);
      expect(onsets).toHaveLength(300);
      for (const [index, { seconds }] of onsets.entries())
        expect(Math.abs(seconds - (index + 0.48))).toBeLessThan(0.01);
    },
  );
});

import { readFile } from "node:fs/promises";
import { fileSource, readMovie } from "@camclips/mp4";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { codesBetween, codesOf, jobOf, Workshop } from "@camclips/testing/media/workshop";
import { afterAll, describe, expect, it } from "vitest";
import { runFfmpeg } from "../ffmpeg/run-ffmpeg.ts";
import type { RenderJob } from "../media-engine.ts";
import { type Camera, type CameraOptions, makeCamera, readAudioOnsets } from "../synthetic/index.ts";

const startMs = Date.UTC(2018, 9, 31, 2, 52, 0, 51);
const shop = new Workshop();
afterAll(() => shop.clear());

function camera(name: string, options: Partial<CameraOptions> = {}): Promise<Camera> {
  const usual = { alias: "pier", startMs, recordings: 2, seconds: 4, gop: 25 };
  return shop.camera(name, (folder) => makeCamera({ ...usual, ...options, folder }));
}

/** Renders a part of the camera's time and expects all its frames, at their places, and nothing else. */
async function expectExact(
  { recordings, frames }: Camera,
  from: number,
  to: number,
  options: Pick<RenderJob, "quality"> = {},
): Promise<string> {
  const clip = await shop.render(jobOf(recordings, from, to, options));
  const expected = frames.filter(({ wallMs }) => wallMs >= from - 0.5 && wallMs < to - 0.5);
  expect(codesOf(clip.frames)).toEqual(expected.map(({ code }) => code));
  const zeroMs = expected[0]?.wallMs ?? 0;
  for (const [index, { seconds }] of clip.frames.entries()) {
    expect(seconds * 1000).toBeCloseTo((expected[index]?.wallMs ?? 0) - zeroMs, 0);
  }
  expect(clip.report).toMatchObject({ precision: "exact", frames: expected.length, encodedFrames: expected.length });
  expect(clip.report.startErrorMs).toBeCloseTo(zeroMs - from, 1);
  expect(clip.report.gaps).toEqual([]);
  return clip.path;
}

describe.concurrent("an exact clip has every frame of its range and no other", () => {
  it.each<[string, Partial<CameraOptions>]>([
    ["25 fps", {}],
    ["29.97 fps with B-frames", { fps: "30000/1001", bFrames: 2 }],
    ["30 fps with B-frames in open GOPs", { fps: 30, bFrames: 2, openGop: true }],
    ["a variable frame rate", { vfr: true }],
    ["only keyframes", { gop: 1 }],
    ["one keyframe", { gop: 250, bFrames: 2 }],
    ["no audio", { audio: false }],
    ["HEVC", { codec: "hevc" }],
    ["a first frame at 0.48 s in the file", { firstSeconds: 0.48, recordings: 1 }],
    ["one unit of time a frame", { fps: 15, timescale: 15, bFrames: 2 }],
    ["fragments", { container: "fragmented" }],
  ])("from recordings with %s", async (name, options) => {
    const made = await camera(name, options);
    const lastMs = made.recordings.at(-1)?.endMs ?? 0;
    const from = startMs + 1730;
    await expectExact(made, from, Math.min(lastMs, startMs + 5210));
  });

  it.each([
    ["usual", "22.4"],
    ["draft", "27.0"],
  ] as const)("in %s quality, encoded as that says", async (quality, crf) => {
    const path = await expectExact(await camera("25 fps"), startMs + 1730, startMs + 5210, { quality });
    // x264 tells its settings in the first picture.
    const said = (await readFile(path)).toString("latin1");
    expect(/ crf=([\d.]+)/.exec(said)?.[1]).toBe(crf);
    expect(said).toContain(quality === "draft" ? "cabac=0" : "cabac=1");
  });

  it.each([
    ["starts on a keyframe", 2000, 3000],
    ["starts one frame before a keyframe", 1960, 3000],
    ["starts one frame after a keyframe", 2040, 3000],
    ["ends one frame after a keyframe", 1500, 3040],
    ["starts with the recording", 0, 500],
    ["ends with the recording", 3500, 4000],
    ["starts with the second recording", 4000, 4500],
    ["begins one frame before the join", 3960, 4040],
    ["is one frame long", 2520, 2560],
    ["is shorter than a frame, around one", 2510, 2530],
    ["has edges between frames", 2505, 4419],
  ])("when it %s", async (_, from, to) => {
    await expectExact(await camera("25 fps"), startMs + from, startMs + to);
  });

  it("across three recordings, with the audio in step at both joins", async () => {
    const made = await camera("three", { recordings: 3, seconds: 2.4 });
    const from = startMs + 520;
    const path = await expectExact(made, from, startMs + 6900);
    const onsets = await readAudioOnsets(path);
    expect(onsets.map(({ second }) => second)).toEqual([1, 2, 3, 4, 5, 6]);
    for (const { seconds, second } of onsets) expect(Math.abs(seconds - (second - 0.52))).toBeLessThan(0.01);
  });
});

/** What ffmpeg itself takes a file's duration for, milliseconds. */
async function durationMsOf(path: string): Promise<number> {
  const log = await runFfmpeg({
    ffmpeg: testFfmpeg,
    args: ["-i", path, "-map", "0:v", "-c", "copy", "-f", "null", "-"],
  });
  const [, hours, minutes, seconds] = /Duration: (\d+):(\d+):([\d.]+)/.exec(log) ?? [];
  return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
}

describe.concurrent("durationMs is the file's", () => {
  it.each(["exact", "smart", "fast"] as const)("in a %s clip of a variable frame rate", async (precision) => {
    const { recordings } = await camera("uneven", { vfr: true, bFrames: 2, recordings: 1, seconds: 8 });
    for (const [from, to] of [
      [1730, 5210],
      [2000, 4400],
      [3100, 6999],
    ] as const) {
      const { path, report } = await shop.render(jobOf(recordings, startMs + from, startMs + to, { precision }));
      expect(Math.abs(report.durationMs - (await durationMsOf(path)))).toBeLessThanOrEqual(10);
    }
  });
});

describe.concurrent("an exact clip of recordings that differ", () => {
  it("has the size of the first, with the others fitted in", async () => {
    const other = { width: 240, height: 180, sampleAspect: "4/3" };
    const { recordings, frames } = await camera("sizes", { each: (index) => (index === 1 ? other : {}) });
    const clip = await shop.render(jobOf(recordings, startMs + 3000, startMs + 5000));
    expect(clip.report).toMatchObject({ width: 160, height: 90, frames: 50 });
    expect(codesOf(clip.frames)).toEqual(codesBetween(frames, startMs + 3000, startMs + 5000));
  });

  it("is silent where one has no audio", async () => {
    const { recordings } = await camera("quiet", { each: (index) => ({ audio: index === 0 }) });
    const clip = await shop.render(jobOf(recordings, startMs + 1520, startMs + 6000));
    expect(clip.report).toMatchObject({ audio: true, frames: 112 });
    expect(await readAudioOnsets(clip.path)).toEqual([
      { seconds: expect.closeTo(0.48, 2), second: 2 },
      { seconds: expect.closeTo(1.48, 2), second: 3 },
    ]);
  });

  it.each<[number, number, Partial<CameraOptions>]>([
    [12.5, 25, {}],
    [25, 30, {}],
    [30, 15, { bFrames: 2 }],
    [15, 30, { timescale: 1000 }],
    [12, 10, { bFrames: 2, timescale: 1000 }],
    [20, 25, { bFrames: 2 }],
  ])("has each frame once, at its own time, at %i and %i fps", async (first, second, options) => {
    const name = `rates ${first} ${second}`;
    const each = (index: number) => ({ fps: index === 0 ? first : second });
    const made = await camera(name, { vfr: false, gop: 30, ...options, each });
    const [from, to] = [startMs + 2500, startMs + 5520];
    for (const precision of ["exact", "smart"] as const) {
      const { frames, report } = await shop.render(jobOf(made.recordings, from, to, { precision }));
      const recorded = made.frames.filter(({ wallMs }) => wallMs >= from - 0.5 && wallMs < to - 0.5);
      expect(codesOf(frames)).toEqual(recorded.map(({ code }) => code));
      const zeroMs = recorded[0]?.wallMs ?? 0;
      for (const [i, { seconds }] of frames.entries())
        expect(Math.abs(seconds * 1000 - ((recorded[i]?.wallMs ?? 0) - zeroMs))).toBeLessThan(1.1);
      expect(report).toMatchObject({ gaps: [], held: [] });
    }
  });
});

describe.concurrent("an exact clip keeps", () => {
  it("the way up that players show", async () => {
    const { recordings } = await camera("turned", { rotate: 90, recordings: 1 });
    const { report } = await shop.render(jobOf(recordings, startMs + 1000, startMs + 1400));
    expect(report).toMatchObject({ width: 90, height: 160, frames: 10 });
  });

  it("a level that players of this size and rate know", async () => {
    const { recordings } = await camera("25 fps");
    const { path } = await shop.render(jobOf(recordings, startMs + 3000, startMs + 5000));
    const file = await readFile(path);
    const config = file.indexOf("avcC", 0, "latin1") + 4;
    expect(file[config + 3]).toBeLessThanOrEqual(13);
  });

  it("the clip's start as creation time", async () => {
    const { recordings } = await camera("25 fps");
    const { path } = await shop.render(jobOf(recordings, startMs + 3000, startMs + 3400));
    await using file = await fileSource(path);
    const movie = await readMovie(file);
    expect(movie.creationTimeMs).toBe(Math.floor((startMs + 3000) / 1000) * 1000);
  });
});

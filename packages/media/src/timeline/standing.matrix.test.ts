import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileSource, sliceRecording } from "@camclips/mp4";
import { jobOf, Workshop } from "@camclips/testing/media/workshop";
import { afterAll, describe, expect, it } from "vitest";
import { type Camera, type CameraOptions, makeCamera, readAudioOnsets } from "../synthetic/index.ts";

const startMs = Date.UTC(2024, 4, 1, 10);
const shop = new Workshop();
afterAll(() => shop.clear());

function camera(name: string, options: Partial<CameraOptions>): Promise<Camera> {
  const usual = {
    alias: "hall",
    startMs,
    recordings: 1,
    seconds: 12,
    gop: 25,
    stillSeconds: [3, 8] as [number, number],
  };
  return shop.camera(name, (folder) => makeCamera({ ...usual, ...options, folder }));
}

/** Renders a range the way the pipeline does: out of a slice. */
async function clipOf(
  name: string,
  options: Partial<CameraOptions>,
  range: [number, number],
  precision: "smart" | "exact" | "fast",
) {
  const { recordings } = await camera(name, options);
  const [recording] = recordings;
  if (!recording) throw new TypeError("a camera has recordings");
  const [fromSeconds, toSeconds] = range;
  const path = join(await shop.folder, `${name}-${precision}-${range.join("-")}.mp4`);
  await using file = await fileSource(recording.path);
  const slice = await sliceRecording(file, name, { fromSeconds, toSeconds });
  await writeFile(path, slice.chunks());
  const job = jobOf([{ ...recording, path }], startMs + fromSeconds * 1000, startMs + toSeconds * 1000, { precision });
  const zeroMs = startMs + slice.zeroSeconds * 1000;
  const lastFrameEndMs = startMs + (slice.beside?.lastEndSeconds ?? Number.NaN) * 1000;
  return shop.render({ ...job, sources: job.sources.map((source) => ({ ...source, zeroMs, lastFrameEndMs })) });
}

const cameras: [string, Partial<CameraOptions>][] = [
  ["plain", {}],
  ["B-frames", { bFrames: 2, openGop: true }],
  ["fragmented", { container: "fragmented-bare" }],
];

describe.each(cameras)("a frame that stands while nothing moves, and the audio goes on: %s", (name, options) => {
  it.each(["smart", "exact", "fast"] as const)(
    "is shown from the clip's start, with its audio: %s",
    async (precision) => {
      const { report, frames, path } = await clipOf(name, options, [4.5, 9.52], precision);
      const codes = [75, ...Array.from({ length: 38 }, (_, i) => 200 + i)];
      const shown = frames.filter(({ seconds }) => seconds > -0.001);
      expect(shown.map(({ code }) => code)).toEqual(codes);
      expect(shown.map(({ seconds }) => Math.round(seconds * 100)).slice(0, 3)).toEqual([0, 350, 354]);
      expect(report).toMatchObject({ gaps: [], startErrorMs: 0, durationMs: 5020 });
      expect(report.audioCoverage.silent).toEqual([]);
      const onsets = (await readAudioOnsets(path)).map(({ seconds }) => Math.round(seconds * 20) / 20);
      expect(onsets.filter((seconds) => seconds > 0.1)).toEqual([0.5, 1.5, 2.5, 3.5, 4.5]);
    },
  );

  it("fills a clip in which no frame starts", async () => {
    const { report, frames } = await clipOf(name, options, [4, 7], "smart");
    expect(frames.map(({ code }) => code)).toEqual([75]);
    expect(report).toMatchObject({ gaps: [], startErrorMs: 0, endErrorMs: 0, durationMs: 3000 });
    expect(report.audioCoverage.silent).toEqual([]);
  });
});

it("a frame that stands for long is shown in a clip that is over before its usual interval is", async () => {
  const slow: Partial<CameraOptions> = { fps: 5, gop: 10, container: "fragmented" };
  expect((await clipOf("slow-still", slow, [3.027, 3.177], "smart")).frames.map(({ code }) => code)).toEqual([15]);
});

it("a frame of one a second is shown in a clip between it and the next", async () => {
  const slow: Partial<CameraOptions> = { stillSeconds: [0, 0], fps: 1, seconds: 20, gop: 5, audio: false };
  const { report, frames } = await clipOf("slow", slow, [5.1, 5.9], "smart");
  expect(frames.map(({ code }) => code)).toEqual([5]);
  expect(report).toMatchObject({ gaps: [], durationMs: 800 });
  expect((await clipOf("slow", slow, [19.2, 19.7], "exact")).frames.map(({ code }) => code)).toEqual([19]);
});

it.each([
  [1.945, 2.095],
  [2, 2.2],
  [2, 2.4],
])("a short clip out of open GOPs has every frame: %d to %d s", async (fromSeconds, toSeconds) => {
  const open = { fps: 15, gop: 30, bFrames: 2, openGop: true, audio: false, seconds: 6 };
  const moving: Partial<CameraOptions> = { ...open, stillSeconds: [0, 0] };
  const codes = Array.from({ length: Math.ceil(toSeconds * 15 - 0.01) - 30 }, (_, i) => 30 + i);
  const { frames } = await clipOf("open", moving, [fromSeconds, toSeconds], "exact");
  expect(frames.map(({ code }) => code)).toEqual(codes);
});

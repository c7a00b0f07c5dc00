import { copyFile, readdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileSource, firstTrack, readMovie } from "@camclips/mp4";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { codesOf, jobOf, Workshop } from "@camclips/testing/media/workshop";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CorruptSourceError } from "../../../mp4/src/errors.ts";
import { NoFrameError } from "../errors.ts";
import { runFfmpeg } from "../ffmpeg/run-ffmpeg.ts";
import type { RenderJob } from "../media-engine.ts";
import { makeRecording, type Recording } from "../synthetic/index.ts";

const startMs = Date.UTC(2018, 9, 31, 2, 52, 0, 51);
const shop = new Workshop();
let folder: string;
let whole: Recording;

beforeAll(async () => {
  folder = await shop.folder;
  whole = await makeRecording({ path: join(folder, "whole.mp4"), startMs, seconds: 6, gop: 25, bFrames: 2 });
});
afterAll(() => shop.clear());

/** A copy of the recording that something has happened to. */
async function damaged(name: string, damage: (path: string) => Promise<void>): Promise<Recording> {
  const path = join(folder, name);
  await copyFile(whole.path, path);
  await damage(path);
  return { ...whole, path };
}

async function renderFails(recording: Recording, options: Partial<RenderJob> = {}): Promise<unknown> {
  const job = jobOf([recording], startMs + 1000, startMs + 4000, options);
  const error = await shop.render(job).catch((error: unknown) => error);
  expect((await readdir(folder)).filter((name) => name.startsWith("clip-"))).toEqual([]);
  return error;
}

describe("a source that cannot be used is named, and no clip is left", () => {
  it.each<[string, (path: string) => Promise<void>]>([
    ["empty", (path) => truncate(path, 0)],
    ["no video at all", (path) => writeFile(path, "<html>not found</html>")],
    ["cut off inside its index", (path) => truncate(path, 900)],
    ["a playlist that names another file", (path) => writeFile(path, `ffconcat version 1.0\nfile ${whole.path}\n`)],
    ["noise where the pictures should be", (path) => overwrite(path, 0.05, 1)],
  ])("%s", async (name, damage) => {
    const source = await damaged(`${name.replaceAll(" ", "-")}.mp4`, damage);
    const error = await renderFails(source);
    expect(error).toBeInstanceOf(CorruptSourceError);
    expect(error).toMatchObject({ source: source.path });
  });

  it("audio only", async () => {
    const source = await damaged("audio.mp4", async (path) => {
      await runFfmpeg({ ffmpeg: testFfmpeg, args: ["-v", "error", "-i", whole.path, "-vn", "-c", "copy", "-y", path] });
    });
    expect(String(await renderFails(source))).toContain("holds no video");
  });

  it.each([
    ["h263", "old-phone.3gp"],
    ["mpeg2video", "capture-card.mov"],
    ["rawvideo", "raw.avi"],
  ])("a codec that is not supported: %s", async (codec, name) => {
    const source = await damaged(name, async (path) => {
      const encoding = ["-vf", "scale=352:288", "-pix_fmt", "yuv420p", "-c:v", codec, "-an", "-y", path];
      await runFfmpeg({ ffmpeg: testFfmpeg, args: ["-v", "error", "-i", whole.path, ...encoding] });
    });
    expect(String(await renderFails(source))).toContain(`holds ${codec} video, which is not supported: encode it, `);
  });

  it("no frame in the clip's time", async () => {
    const error = await renderFails({ ...whole, startMs: startMs - 60_000, endMs: startMs + 4000 });
    expect(error).toBeInstanceOf(NoFrameError);
  });
});

describe("a source that is damaged in part", () => {
  it("and cut off gives what it holds, and the report names the gap", async () => {
    const { size } = await stat(whole.path);
    const source = await damaged("cut.mp4", (path) => truncate(path, Math.round(size * 0.6)));
    const { report, frames } = await shop.render(jobOf([source], startMs + 1000, startMs + 6000));
    const codes = codesOf(frames);
    expect(codes).toEqual(codes.map((_, index) => 25 + index));
    expect(report.gaps).toEqual([
      { startMs: startMs + (25 + codes.length) * 40, endMs: startMs + 6000, cause: "CORRUPT_SOURCE" },
    ]);
    expect(report.endErrorMs).toBe((codes.length - 125) * 40);
  });

  it("in the middle keeps its time, and nothing is lost unsaid", async () => {
    const source = await damaged("hole.mp4", (path) => overwrite(path, 0.45, 0.55));
    const { report, frames } = await shop.render(jobOf([source], startMs + 1000, startMs + 6000));
    expect(report.durationMs).toBe(5000);
    expect(frames.at(-1)).toEqual({ code: 149, seconds: expect.closeTo(4.96, 3) });
    expect(report.why).toContain("frames were damaged");
    const lost = frames.filter(
      ({ seconds }, index) => index > 0 && seconds - (frames[index - 1]?.seconds ?? 0) > 0.041,
    );
    expect(lost.length).toBeGreaterThan(0);
  });

  it("in one frame, which decoders conceal, does not show that one, nor those that refer to it", async () => {
    const source = await damaged("concealed.mp4", async (path) => {
      const bytes = await readFile(path);
      await using file = await fileSource(path);
      const video = firstTrack(await readMovie(file, path), "vide");
      for (let sample = 60; sample < 68; sample++) {
        const [offset, size] = [video?.samples.offset[sample] ?? 0, video?.samples.size[sample] ?? 0];
        for (let i = size >> 2; i < size; i++) bytes[offset + i] = (i * 7919) % 251;
      }
      await writeFile(path, bytes);
    });
    for (const precision of ["exact", "smart"] as const) {
      // The smart clip encodes frames 55 to 74: there the damage shows.
      const { report, frames } = await shop.render(jobOf([source], startMs + 2200, startMs + 5000, { precision }));
      expect(report.precision).toBe("exact");
      expect(report.why).toMatch(/\d+ frames were damaged and could not be shown/);
      const codes = codesOf(frames);
      const lost = Array.from({ length: 70 }, (_, i) => 55 + i).filter((code) => !codes.includes(code));
      expect(lost.at(-1)).toBe(74);
      expect(lost.length).toBeGreaterThan(10);
      expect(Math.min(...lost)).toBeGreaterThan(55);
      expect(report.frames).toBe(70 - lost.length);
    }
  });

  it.each(["smart", "fast"] as const)(
    "is not copied the %s way: all frames are encoded, which tells what is lost",
    async (precision) => {
      const source = await damaged(`hole-${precision}.mp4`, (path) => overwrite(path, 0.45, 0.55));
      const { report } = await shop.render(jobOf([source], startMs + 1000, startMs + 6000, { precision }));
      expect(report.precision).toBe("exact");
      expect(report.why).toMatch(
        /frames could not be copied \(the frame at \d\.\d+ s is damaged\).*frames were damaged/,
      );
    },
  );
});

it("a source whose audio cannot be decoded gives every frame, in silence", async () => {
  const source = await damaged("noise.mp4", async (path) => {
    const bytes = await readFile(path);
    await using file = await fileSource(path);
    const audio = firstTrack(await readMovie(file, path), "soun");
    audio?.samples.offset.forEach((offset, index) => {
      bytes.fill(0xff, offset, offset + (audio.samples.size[index] ?? 0));
    });
    await writeFile(path, bytes);
  });
  const { report, frames } = await shop.render(jobOf([source], startMs + 1000, startMs + 4000));
  expect(codesOf(frames)).toEqual(frames.map((_, index) => 25 + index));
  expect(report).toMatchObject({ frames: 75, audio: true, gaps: [] });
  const silent = [{ startMs: startMs + 1000, endMs: startMs + 4000, cause: "CORRUPT_SOURCE" }];
  expect(report.audioCoverage).toEqual({ delivered: [], silent });
});

/** Puts noise over a part of the file, given in parts of its size. */
describe("frames that are told as broken, in a file that decodes whole", () => {
  it.each<[string, number, number[]]>([
    ["are left out, with those that may refer to them", 65, [65, 66, 67, 68, 69, 70, 71, 72, 73, 74]],
    ["are kept where a keyframe follows at once: it may be the seam of two recorders' streams", 74, []],
  ])("%s", async (_, broken, left) => {
    const plain = await makeRecording({ path: join(folder, "plain.mp4"), startMs, seconds: 6, gop: 25 });
    const job = jobOf([plain], startMs + 1000, startMs + 5000, { precision: "exact" });
    const sources = job.sources.map((source) => ({ ...source, brokenSeconds: [broken / 25] }));
    const { frames, report } = await shop.render({ ...job, sources });
    const all = Array.from({ length: 100 }, (_, i) => 25 + i);
    expect(codesOf(frames)).toEqual(all.filter((code) => !left.includes(code)));
    expect(report.held).toHaveLength(left.length > 0 ? 1 : 0);
  });
});

async function overwrite(path: string, from: number, to: number): Promise<void> {
  const bytes = await readFile(path);
  for (let i = Math.floor(bytes.length * from); i < bytes.length * to; i++) bytes[i] = (i * 7919) % 251;
  await writeFile(path, bytes);
}

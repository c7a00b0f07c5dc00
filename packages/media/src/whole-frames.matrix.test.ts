import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import {
  fileSource,
  firstTrack,
  memorySource,
  readMovie,
  samplesOf,
  sliceRecording,
  writeMovie,
  writeMovieFile,
} from "@camclips/mp4";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { fieldPairs } from "@camclips/testing/media/field-pairs";
import { codesOf, jobOf, Workshop } from "@camclips/testing/media/workshop";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeRecording, type RecordingOptions } from "./synthetic/index.ts";

const run = promisify(execFile);
const startMs = Date.UTC(2024, 4, 1, 10);
const shop = new Workshop();
afterAll(() => shop.clear());

const codes = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

describe("a frame of two fields, each of which is a sample of its own, is one frame", () => {
  let raw: string;
  beforeAll(async () => {
    raw = join(await shop.folder, "pairs.h264");
    await writeFile(raw, fieldPairs(60, 10));
  });

  it.each([
    [0.8, 1.8, codes(20, 45)],
    [0.81, 1.81, codes(21, 46)],
    [0.825, 1.825, codes(21, 46)],
    [2, 2.39, codes(50, 60)],
  ])("in an MP4, from %d to %d s", async (fromSeconds, toSeconds, expected) => {
    const whole = raw.replace("h264", "mp4");
    await run(testFfmpeg, ["-v", "error", "-y", "-r", "50", "-i", raw, "-c", "copy", whole]);
    await using file = await fileSource(whole);
    const slice = await sliceRecording(file, whole, { fromSeconds, toSeconds });
    const path = raw.replace("pairs.h264", `slice-${fromSeconds}.mp4`);
    await writeFile(path, slice.chunks());
    const zeroMs = startMs + slice.zeroSeconds * 1000;
    const { previousSeconds = 0, lastEndSeconds = 0, frames, usualSeconds = 0 } = slice.beside ?? {};
    const beside = {
      previousFrameMs: startMs + previousSeconds * 1000,
      lastFrameEndMs: startMs + lastEndSeconds * 1000,
      frames,
      usualFrameMs: usualSeconds * 1000,
    };
    const [clipStartMs, clipEndMs] = [startMs + fromSeconds * 1000, startMs + toSeconds * 1000];
    const source = { path, zeroMs, fromMs: clipStartMs, toMs: clipEndMs, ...beside };
    const { report, frames: shown } = await shop.render({ ...jobOf([], clipStartMs, clipEndMs), sources: [source] });
    expect(codesOf(shown)).toEqual(expected);
    expect(shown.map(({ seconds }) => Math.round(seconds * 1000))).toEqual(expected.map((_, i) => i * 40));
    expect(report).toMatchObject({ gaps: [], held: [] });
  });

  it("out of MPEG-TS", async () => {
    const ts = raw.replace("h264", "ts");
    await run(testFfmpeg, ["-v", "error", "-y", "-r", "50", "-i", raw, "-c", "copy", ts]);
    const path = raw.replace("pairs.h264", "unwrapped.mp4");
    await shop.engine.unwrap(ts, path, { scratch: await shop.folder });
    await using file = await fileSource(path);
    const { tracks } = await readMovie(file);
    const [video] = tracks;
    const firstMs = (((video?.samples.dts[0] ?? 0) + (video?.edit.shift ?? 0)) * 1000) / (video?.timescale ?? 1);
    const sources = [{ path, zeroMs: startMs - firstMs, fromMs: startMs + 400, toMs: startMs + 1600 }];
    const { report, frames } = await shop.render({ ...jobOf([], startMs + 400, startMs + 1600), sources });
    expect(codesOf(frames)).toEqual(codes(10, 40));
    expect(report).toMatchObject({ gaps: [], held: [], durationMs: 1200 });
  });
});

/** A recording in which the samples before keyframes, which no frame needs, are others. */
async function withOthers(name: string, options: Partial<RecordingOptions>, other: (sample: Buffer) => Buffer) {
  const path = join(await shop.folder, `${name}.mp4`);
  const whole = join(await shop.folder, `${name}-whole.mp4`);
  const recording = await makeRecording({ path: whole, startMs, seconds: 4, gop: 25, audio: false, ...options });
  await using file = await fileSource(whole);
  const movie = await readMovie(file, whole);
  const video = firstTrack(movie, "vide");
  if (!video) throw new TypeError("a recording has video");
  const samples = samplesOf(video, file, 0, video.samples.count - 1);
  for (const index of [24, 49]) {
    const { offset, size } = samples[index] ?? { offset: 0, size: 0 };
    const bytes = other(Buffer.from(await file.read(offset, offset + size)));
    Object.assign(samples[index] ?? {}, { source: memorySource(bytes), offset: 0, size: bytes.length });
  }
  const descriptions = video.descriptions.map(({ entry }) => entry);
  await writeMovieFile(path, writeMovie([{ ...video, descriptions, samples }], { order: "time" }));
  return { ...recording, path };
}

const left = codes(10, 60).filter((code) => code !== 24 && code !== 49);

describe.each(["smart", "exact"] as const)("what shows nothing costs no frame beside it, the %s way", (precision) => {
  it.each([
    ["delimiter", Buffer.from("000000020930", "hex")],
    ["filler", Buffer.from("000000040cffff80", "hex")],
    ["SEI", Buffer.from("000000050605010080", "hex")],
  ])("a sample of H.264 that holds a %s alone", async (name, bytes) => {
    const recording = await withOthers(`${name}-${precision}`, {}, () => bytes);
    const job = jobOf([recording], startMs + 400, startMs + 2400, { precision });
    const { report, frames } = await shop.render(job);
    expect(codesOf(frames)).toEqual(left);
    expect(report).toMatchObject({ precision, gaps: [], held: [], durationMs: 2000 });
  });

  it("a picture of MPEG-4 that is not coded: the one before is shown once more", async () => {
    const recording = await withOthers(`drop-${precision}`, { codec: "mpeg4" }, notCoded);
    const job = jobOf([recording], startMs + 400, startMs + 2400, { precision });
    const { report, frames } = await shop.render(job);
    expect(codesOf(frames)).toEqual(left);
    expect(report).toMatchObject({ gaps: [], held: [], durationMs: 2000 });
  });
});

/** The header of an MPEG-4 picture, with vop_coded 0; its time has 15 bits at 30,000 units a second. */
function notCoded(sample: Buffer): Buffer {
  const bits = [...sample.subarray(0, 16)].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const seconds = bits.indexOf("0", 34);
  const head = `${bits.slice(0, seconds + 1 + 1 + 15 + 1)}00`;
  const bytes = head.padEnd(8 * Math.ceil(head.length / 8), "1").match(/.{8}/g) ?? [];
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)));
}

import { chmod, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileSource, firstTrack, hevcNalType, nalUnits, presentationSeconds, readMovie } from "@camclips/mp4";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { expectCut as expectCutOf } from "@camclips/testing/media/expect-cut";
import { mutantFfmpeg, PICTURE_MISTAKES, type PictureMistake } from "@camclips/testing/media/mutant-ffmpeg";
import { codesOf, jobOf, Workshop } from "@camclips/testing/media/workshop";
import { afterAll, describe, expect, it } from "vitest";
import { createMediaEngine } from "../engine.ts";
import { VerificationError } from "../errors.ts";
import { runFfmpeg } from "../ffmpeg/run-ffmpeg.ts";
import type { RenderJob } from "../media-engine.ts";
import { type Camera, type CameraOptions, makeCamera, type Recording, readFrameCodes } from "../synthetic/index.ts";
import { verifyClip } from "../verify/verify.ts";
import { sameInClip } from "./hevc-keyframes.ts";

const startMs = Date.UTC(2018, 9, 31, 2, 52, 0, 51);
const shop = new Workshop();
afterAll(() => shop.clear());

function camera(name: string, options: Partial<CameraOptions> = {}): Promise<Camera> {
  const usual = { alias: "pier", startMs, recordings: 2, seconds: 4, gop: 25, codec: "hevc" } as const;
  return shop.camera(name, (folder) => makeCamera({ ...usual, ...options, folder }));
}

const expectCut = (made: Camera, fromMs: number, toMs: number, options: Partial<RenderJob> = {}) =>
  expectCutOf(shop, made, fromMs, toMs, { codec: "source", ...options });

const KINDS: [string, Partial<CameraOptions>][] = [
  ["25 fps", {}],
  ["29.97 fps with a pyramid of B-frames", { fps: "30000/1001", bFrames: 3 }],
  ["30 fps with B-frames in open GOPs", { fps: 30, bFrames: 2, openGop: true }],
  ["a variable frame rate", { vfr: true }],
  ["only keyframes", { gop: 1 }],
  ["10 bits", { encoder: ["-pix_fmt", "yuv420p10le"], bFrames: 2, openGop: true }],
  ["no audio, one unit of time a frame", { audio: false, fps: 30, timescale: 30, bFrames: 2 }],
  ["fragments", { container: "fragmented" }],
  ["parameter sets repeated in the samples (hev1)", { encoder: ["-tag:v", "hev1", "-bsf:v", "dump_extra"] }],
  ["full range", { encoder: ["-pix_fmt", "yuvj420p"], bFrames: 1 }],
];

describe.concurrent("a clip of copied HEVC has every frame of its range and no other", () => {
  it.each(KINDS)("the smart way, from recordings with %s", async (name, options) => {
    const made = await camera(name, options);
    const toMs = Math.min(made.recordings.at(-1)?.endMs ?? 0, startMs + 5210);
    const { report } = await expectCut(made, startMs + 1730, toMs);
    expect(report).toMatchObject({ precision: "smart", gaps: [] });
    expect(report.encodedFrames).toBeLessThan(report.frames);
  });

  it.each(KINDS)("the fast way, from recordings with %s", async (name, options) => {
    const made = await camera(name, options);
    const toMs = Math.min(made.recordings.at(-1)?.endMs ?? 0, startMs + 5210);
    const { report } = await expectCut(made, startMs + 1730, toMs, { precision: "fast" });
    expect(report).toMatchObject({ precision: "fast", encodedFrames: 0, gaps: [] });
  });

  it.each([
    ["starts on a keyframe", 2000, 3400],
    ["starts one frame before a keyframe", 1960, 3400],
    ["starts one frame after a keyframe", 2040, 3400],
    ["starts two frames before a keyframe, among those that lead it", 1920, 3400],
    ["starts three frames before a keyframe", 1880, 3400],
    ["ends one frame after a keyframe", 1500, 3040],
    ["ends one frame before a keyframe", 1500, 2960],
    ["ends two frames before a keyframe", 1500, 2920],
    ["ends with the recording", 2500, 4000],
    ["begins with the second recording", 4000, 4500],
    ["begins one frame before the join", 3960, 5440],
    ["ends one frame behind the join", 2960, 4040],
    ["has edges between frames", 2505, 4419],
  ])("when it %s", async (_, from, to) => {
    for (const name of ["25 fps, open", "25 fps, closed"]) {
      const made = await camera(name, { bFrames: 3, openGop: name.endsWith("open") });
      for (const precision of ["smart", "fast"] as const)
        await expectCut(made, startMs + from, startMs + to, { precision });
    }
  });

  it("out of what was muxed as MPEG-TS, whose parameter sets are written in two ways", async () => {
    const made = await camera("ts", { recordings: 1, seconds: 5 });
    const [recording] = made.recordings;
    const path = join(await shop.folder, "remuxed.mp4");
    for (const [from, to] of [
      [recording?.path ?? "", `${path}.ts`],
      [`${path}.ts`, path],
    ] as const)
      await runFfmpeg({ ffmpeg: testFfmpeg, args: ["-v", "error", "-y", "-i", from, "-c", "copy", "-map", "0:v", to] });
    const recordings = recording ? [{ ...recording, path }] : [];
    const { report } = await expectCut({ ...made, recordings }, startMs + 1520, startMs + 4000);
    expect(report).toMatchObject({ precision: "smart", encodedFrames: 12 });
  });

  it("across recordings of one stream that was cut at open GOPs", async () => {
    const made = await camera("one stream", { recordings: 1, seconds: 9, bFrames: 3, openGop: true, audio: false });
    const recordings = await Promise.all([0, 3, 6].map((keyframe) => partOf(made, keyframe, keyframe)));
    for (const [from, to] of [
      [1200, 8200],
      [2920, 6080],
      [3000, 7000],
    ] as const) {
      for (const precision of ["smart", "fast"] as const) {
        const { report } = await expectCut({ ...made, recordings }, startMs + from, startMs + to, { precision });
        expect(report).toMatchObject({ precision, gaps: [] });
      }
    }
  });

  it("across recordings whose pictures are counted backwards at the join", async () => {
    const made = await camera("one stream", { recordings: 1, seconds: 9, bFrames: 3, openGop: true, audio: false });
    const recordings = [await partOf(made, 3, 0), await partOf(made, 3, 3)];
    for (const precision of ["smart", "fast"] as const) {
      const job = jobOf(recordings, startMs, startMs + 6000, { precision, codec: "source" });
      const { report, frames } = await shop.render(job);
      expect(report).toMatchObject({ precision, encodedFrames: 0 });
      const codes = Array.from({ length: 75 }, (_, i) => 75 + i);
      expect(codesOf(frames)).toEqual([...codes, ...codes]);
    }
  });
});

describe.concurrent("a clip of copied HEVC", () => {
  it("is not kept where frames at a join do not decode", async () => {
    const made = await camera("a join to break", { audio: false });
    const { report, path } = await shop.render(
      jobOf(made.recordings, startMs + 1000, startMs + 6000, { precision: "smart", codec: "source" }),
    );
    const { width, height } = report;
    const frameSeconds = Array.from({ length: 125 }, (_, i) => i / 25);
    const clip = { path, frameSeconds, width, height, audio: false, joinSeconds: [3] };
    const ways = { ffmpeg: testFfmpeg, timeLimitMs: 60_000, scratch: await shop.folder };
    await verifyClip(clip, ways);
    await using file = await fileSource(path);
    const video = firstTrack(await readMovie(file, path), "vide");
    const broken = await readFile(path);
    // The second recording's keyframe as a frame that needs others, and that may be left out.
    const [offset, size] = [video?.samples.offset[75] ?? 0, video?.samples.size[75] ?? 0];
    for (const { bytes } of nalUnits(broken.subarray(offset, offset + size)))
      if (hevcNalType(bytes) < 32) bytes[0] = ((bytes[0] ?? 0) & 0x81) | (9 << 1);
    await writeFile(path, broken);
    await expect(verifyClip({ ...clip, joinSeconds: [] }, ways)).resolves.toMatchObject({ missing: [] });
    await expect(verifyClip(clip, ways)).rejects.toThrow(VerificationError);
  });

  it("shows the right frames from each of its keyframes on", async () => {
    const made = await camera("open GOPs for seeking", { bFrames: 3, openGop: true, fps: 30, gop: 30 });
    const { path, frames } = await expectCut(made, startMs + 1730, startMs + 6210);
    const codes = new Map(frames.map(({ seconds, code }) => [seconds.toFixed(3), code]));
    await using file = await fileSource(path);
    const video = firstTrack(await readMovie(file, path), "vide");
    const keyframes = [...(video?.samples.sync ?? [])].flatMap((sync, i) =>
      sync === 1 && video ? [presentationSeconds(video, i)] : [],
    );
    expect(keyframes.length).toBeGreaterThan(4);
    for (const from of keyframes) {
      const shown = await readFrameCodes(path, undefined, from);
      for (const { seconds, code } of shown) expect(code).toBe(codes.get(seconds.toFixed(3)));
      const times = new Set(shown.map(({ seconds }) => seconds.toFixed(3)));
      const behind = frames.filter(({ seconds }) => seconds >= from - 0.001);
      expect(behind.filter(({ seconds }) => !times.has(seconds.toFixed(3)))).toEqual([]);
    }
  });

  it("decodes without a complaint", async () => {
    const made = await camera("for strict decoding", { bFrames: 3, openGop: true });
    const { path } = await expectCut(made, startMs + 1730, startMs + 5210);
    const strict = ["-v", "warning", "-xerror", "-err_detect", "explode", "-i", path, "-f", "null", "-"];
    expect(await runFfmpeg({ ffmpeg: testFfmpeg, args: strict })).toBe("");
  });

  it("keeps samples as they are, but for parameter sets and the type of a CRA picture that continues nothing", async () => {
    const made = await camera("for bytes", { bFrames: 3, openGop: true, recordings: 1, seconds: 6, audio: false });
    const { path, report } = await expectCut(made, startMs + 1730, startMs + 5000);
    const [own, recorded] = [await samplesOfFile(path), await samplesOfFile(made.recordings[0]?.path ?? "")];
    const known = new Set(recorded.map((sample) => sample.toString("latin1")));
    const others = own.filter((sample) => !known.has(sample.toString("latin1")));
    const types = others.map((sample) => [...nalUnits(sample)].map(({ bytes }) => hevcNalType(bytes)));
    // Our own frames and their keyframe; the broken link; the keyframes behind it.
    const sets = [32, 33, 34];
    expect(types.slice(0, report.encodedFrames)).toEqual([[...sets, 20], ...types.slice(1, report.encodedFrames)]);
    expect(types.slice(report.encodedFrames)).toEqual([
      [...sets, 18],
      [...sets, 21],
      [...sets, 21],
    ]);
    const bare = others.slice(-2).map((sample) => sameInClip(sample, false).toString("latin1"));
    expect(bare.every((sample) => known.has(sample))).toBe(true);
  });

  it.each(Object.keys(PICTURE_MISTAKES) as PictureMistake[])("is not kept with a mistake: %s", async (mistake) => {
    const made = await camera("for mistakes", { recordings: 1, gop: 50 });
    const ffmpeg = await mutantFfmpeg(await shop.folder, mistake, "part0");
    const { report, path } = await renderWith(ffmpeg, made, mistake);
    expect(report.precision).toBe("exact");
    expect(report.why).toMatch(/shows|planned were/);
    expect(codesOf(await readFrameCodes(path))).toEqual(Array.from({ length: 50 }, (_, i) => 25 + i));
  });

  it("is of H.264, and says why, where ffmpeg has no libx265", async () => {
    const made = await camera("for mistakes", { recordings: 1, gop: 50 });
    const ffmpeg = join(await shop.folder, "ffmpeg-without-x265");
    await writeFile(ffmpeg, `#!/bin/bash\nexec ${testFfmpeg} "\${@//libx265/libx265-is-not-here}"\n`);
    await chmod(ffmpeg, 0o755);
    const { report } = await renderWith(ffmpeg, made, "without");
    expect(report).toMatchObject({ precision: "exact", frames: 50, gaps: [] });
    expect(report.why).toContain("this ffmpeg has no libx265");
  });

  it.each<[string, Partial<CameraOptions>, string]>([
    ["settings", { each: (i) => (i === 1 ? { bFrames: 2 } : {}) }, "encoded with different parameter sets"],
    ["codecs", { each: (i) => (i === 1 ? { codec: "h264" } : {}) }, "the recordings differ in codec: hvc1 and avc1"],
    ["colours", { encoder: ["-pix_fmt", "yuv422p"] }, "the video is not 4:2:0"],
    ["depth", { encoder: ["-pix_fmt", "yuv420p12le"] }, "the video has 12 and 12 bits per value"],
  ])("is of H.264, and says why, for recordings of other %s", async (name, options, why) => {
    const made = await camera(name, options);
    const { report } = await expectCut(made, startMs + 2300, startMs + 4700);
    expect(report.precision).toBe("exact");
    expect(report.why).toContain(why);
  });
});

/** Three seconds out of a recording, from a keyframe on, as a recording that starts at another instant. */
async function partOf(made: Camera, keyframe: number, atSeconds: number): Promise<Recording> {
  const path = join(await mkdtemp(join(await shop.folder, "part-")), "part.mp4");
  const copy = [
    "-ss",
    String(keyframe),
    "-i",
    made.recordings[0]?.path ?? "",
    "-t",
    "3",
    "-c",
    "copy",
    "-tag:v",
    "hvc1",
  ];
  await runFfmpeg({ ffmpeg: testFfmpeg, args: ["-v", "error", "-y", ...copy, path] });
  const partMs = startMs + atSeconds * 1000;
  return { path, startMs: partMs, endMs: partMs + 3000, fps: 25, frames: [] };
}

async function renderWith(ffmpeg: string, made: Camera, name: string) {
  const engine = createMediaEngine({ ffmpeg, threads: 2, timeLimitMs: 60_000 });
  const scratch = await mkdtemp(join(await shop.folder, "mistake-"));
  const path = join(scratch, `${name}.mp4`);
  const job = jobOf(made.recordings, startMs + 1000, startMs + 3000, { precision: "smart", codec: "source" });
  return { report: await engine.renderClip({ ...job, output: path }, { scratch }), path };
}

async function samplesOfFile(path: string): Promise<Buffer[]> {
  await using file = await fileSource(path);
  const video = firstTrack(await readMovie(file, path), "vide");
  if (!video) return [];
  const { offset, size, count } = video.samples;
  const bytes = Buffer.from(await file.read(0, file.size));
  return Array.from({ length: count }, (_, i) => bytes.subarray(offset[i], (offset[i] ?? 0) + (size[i] ?? 0)));
}

import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { jobOf, Workshop } from "@camclips/testing/media/workshop";
import { afterAll, describe, expect, it } from "vitest";
import { runFfmpeg } from "../ffmpeg/run-ffmpeg.ts";
import type { RenderJob } from "../media-engine.ts";
import { type Camera, type CameraOptions, makeCamera } from "../synthetic/index.ts";

const startMs = Date.UTC(2018, 9, 31, 2, 52, 0, 0);
const shop = new Workshop();
afterAll(() => shop.clear());

function camera(name: string, options: Partial<CameraOptions> = {}): Promise<Camera> {
  const usual = { alias: "pier", startMs, recordings: 1, seconds: 5, gop: 50, width: 640, height: 360 };
  return shop.camera(name, (folder) => makeCamera({ ...usual, ...options, folder }));
}

/** A hash of every frame that ffmpeg shows, whole. */
async function picturesOf(path: string): Promise<string[]> {
  const hashes: Buffer[] = [];
  const args = ["-v", "error", "-i", path, "-map", "0:v", "-fps_mode", "passthrough", "-f", "framemd5", "pipe:1"];
  await runFfmpeg({ ffmpeg: testFfmpeg, args, onOutput: (chunk) => void hashes.push(Buffer.from(chunk)) });
  const lines = Buffer.concat(hashes).toString().split("\n");
  return lines.filter((line) => /^\d/.test(line)).map((line) => line.split(",").at(-1)?.trim() ?? "");
}

/** Cuts, and compares every picture of the clip with the recording's. */
async function cutOf(made: Camera, fromMs: number, toMs: number, options: Partial<RenderJob> = {}) {
  const { report, path } = await shop.render(
    jobOf(made.recordings, startMs + fromMs, startMs + toMs, { precision: "smart", ...options }),
  );
  const wanted: string[] = [];
  for (const recording of made.recordings) {
    const pictures = await picturesOf(recording.path);
    const isIn = ({ wallMs }: { wallMs: number }) => wallMs >= startMs + fromMs - 0.5 && wallMs < startMs + toMs - 0.5;
    wanted.push(...pictures.filter((_, i) => isIn(recording.frames[i] ?? { wallMs: 0 })));
  }
  const pictures = await picturesOf(path);
  return { report, path, pictures, wanted, differing: pictures.filter((picture, i) => picture !== wanted[i]).length };
}

interface Numbers {
  isIdr: boolean;
  frameNumber: number;
  /** Where the order of pictures is counted. */
  low: number | undefined;
}

/** The numbers of every slice, as ffmpeg reads them: its decoder forgives wrong ones, and others do not. */
async function numbersOf(path: string): Promise<{ bits: number; slices: Numbers[] }> {
  const args = ["-v", "trace", "-i", path, "-map", "0:v", "-c", "copy", "-bsf:v", "trace_headers", "-f", "null", "-"];
  const { stderr } = await promisify(execFile)(testFfmpeg, args, { maxBuffer: 2 ** 30 });
  const lines = stderr.split("\n").filter((line) => line.includes("trace_headers"));
  const slices: Numbers[] = [];
  let [type, bits] = [0, 4];
  for (const line of lines) {
    const [, name = "", value = ""] = / (\w+) +[01]+ = (-?\d+)/.exec(line) ?? [];
    if (name === "log2_max_frame_num_minus4") bits = Number(value) + 4;
    if (name === "nal_unit_type") type = Number(value);
    if (name === "frame_num") slices.push({ isIdr: type === 5, frameNumber: Number(value), low: undefined });
    const slice = slices.at(-1);
    if (name === "pic_order_cnt_lsb" && slice) slice.low = Number(value);
  }
  return { bits, slices };
}

/** Each keyframe starts at 0, and what follows it counts on, as every slice of a picture does: ITU-T H.264, 7.4.3. */
async function expectCounted(path: string, slicesEach = 1) {
  const { bits, slices } = await numbersOf(path);
  let [frameNumber, low]: [number, number | undefined] = [-1, undefined];
  let fromIdr = 0;
  for (const [i, slice] of slices.entries()) {
    if (slice.isIdr) [frameNumber, low, fromIdr] = [0, slice.low, 0];
    else if (fromIdr % slicesEach === 0)
      [frameNumber, low] = [(frameNumber + 1) % 2 ** bits, low === undefined ? undefined : low + 2];
    fromIdr += slice.isIdr ? 0 : 1;
    expect({ i, ...slice }).toEqual({
      i,
      isIdr: slice.isIdr,
      frameNumber,
      low: low === undefined ? slice.low : low % 2 ** 16,
    });
  }
  return slices;
}

/** One reference picture and no B-frames, as cameras encode. */
const one = (params = "", profile = "high") => [
  ...["-preset", "veryfast", "-profile:v", profile],
  ...["-x264-params", `ref=1:bframes=0:scenecut=0:open-gop=0:keyint=50:min-keyint=50${params}`],
];

/** Another encoder: it counts the order of pictures, and names the one before. Debian's ffmpeg has none. */
const OTHERS: [string, Partial<CameraOptions>][] = [
  ["OpenH264", { encoder: ["-c:v", "libopenh264", "-b:v", "1M", "-allow_skip_frames", "0"] }],
];
const { stdout: encoders } = await promisify(execFile)(testFfmpeg, ["-hide_banner", "-encoders"]);
const hasOpenH264 = encoders.includes("libopenh264");

const KINDS: [string, Partial<CameraOptions>][] = [
  ["variable-length codes", {}],
  ["arithmetic codes, 8x8 transform and weighted prediction", { encoder: one(":weightp=2") }],
  ["several slices", { encoder: one(":slices=4", "main") }],
  ["a height that fills its macroblocks", { height: 352, encoder: one() }],
  ["both sides cropped", { width: 630, height: 350, encoder: one() }],
  ["an anamorphic picture", { sampleAspect: "4/3", encoder: one() }],
  ["full range", { encoder: [...one("", "main"), "-pix_fmt", "yuvj420p"] }],
  ["uneven intervals", { vfr: true }],
  ["parameter sets repeated in the keyframes", { encoder: ["-bsf:v", "dump_extra"] }],
  ["fragments", { container: "fragmented" }],
  ["a time scale of one unit a frame", { timescale: 25 }],
  ["a first frame at 0.48 s in the file", { firstSeconds: 0.48 }],
  ...(hasOpenH264 ? OTHERS : []),
  ["30 fps, and numbers that turn over", { fps: 30, gop: 120, encoder: one(":keyint=120:min-keyint=120") }],
];

describe.concurrent("behind a picture without loss, frames between keyframes are copied", () => {
  it.each(KINDS)("bit for bit, of %s", async (name, options) => {
    const made = await camera(name, options);
    const { report, path, differing, wanted } = await cutOf(made, 720, 4520);
    expect(report).toMatchObject({ precision: "smart", frames: wanted.length, encodedFrames: 1 });
    expect(differing).toBe(0);
    const slices = await expectCounted(path, name === "several slices" ? 4 : 1);
    expect(slices.length).toBeGreaterThanOrEqual(wanted.length);
  });

  it("to the end of a clip that holds no keyframe", async () => {
    const made = await camera("variable-length codes");
    const { report, differing } = await cutOf(made, 2200, 3400);
    expect(report).toMatchObject({ precision: "smart", frames: 30, encodedFrames: 1 });
    expect(report.why).toBe("29 frames are copied, 1 is encoded without loss");
    expect(differing).toBe(0);
  });

  it("in each recording whose first frame of the clip lies between keyframes", async () => {
    const made = await camera("two", { recordings: 2 });
    const [first, second] = made.recordings;
    const job = jobOf(made.recordings, startMs + 3000, startMs + 8000, { precision: "smart" });
    // What the second recording holds of the clip begins within its first GOP.
    const sources = job.sources.map((source, i) => (i === 1 ? { ...source, fromMs: source.fromMs + 520 } : source));
    const { report, path } = await shop.render({ ...job, sources });
    expect(report).toMatchObject({ precision: "smart", encodedFrames: 2 });
    const all = [...(await picturesOf(first?.path ?? "")), ...(await picturesOf(second?.path ?? ""))];
    expect(await picturesOf(path)).toEqual([...all.slice(75, 125), ...all.slice(138, 200)]);
  });
});

describe.concurrent("frames between keyframes are encoded", () => {
  it.each([
    ["need several pictures", { encoder: one(":ref=3") }],
    ["are shown in another order", { bFrames: 2 }],
    ["take more bytes without loss than their level allows", { encoder: one(":level=1.1") }],
  ] as [string, Partial<CameraOptions>][])("where they %s", async (name, options) => {
    const made = await camera(name, options);
    const { report, pictures, wanted } = await cutOf(made, 720, 4520);
    expect(report).toMatchObject({ precision: "smart", frames: wanted.length });
    expect(report.encodedFrames).toBeGreaterThan(1);
    expect(pictures).toHaveLength(wanted.length);
  });

  it("where their keyframe brings other parameter sets along than the index has", async () => {
    const made = await camera("other sets", { encoder: ["-bsf:v", "dump_extra"] });
    const path = made.recordings[0]?.path ?? "";
    const before = await cutOf(made, 2200, 3400);
    expect(before.report.encodedFrames).toBe(1);
    const bytes = await readFile(path);
    // constraint_set5_flag of the index's sequence set, which changes no picture.
    const set = bytes.indexOf("avcC") + 4 + 8;
    expect((bytes[set] ?? 0) & 31).toBe(7);
    bytes[set + 2] = (bytes[set + 2] ?? 0) ^ 4;
    await writeFile(path, bytes);
    const { report } = await cutOf(made, 2200, 3400);
    expect(report).toMatchObject({ frames: 30, encodedFrames: 30 });
  });

  it("where there are as few of them as one picture takes", async () => {
    const made = await camera("variable-length codes");
    const { report } = await cutOf(made, 1800, 4520);
    expect(report.encodedFrames).toBe(5);
  });
});

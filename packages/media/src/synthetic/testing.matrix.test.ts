import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runFfmpeg } from "../ffmpeg/run-ffmpeg.ts";
import { codeBlocks, MAX_CODE, readBlocks } from "./frame-code.ts";
import { makeCamera, makeRecording, type Recording, readAudioOnsets, readFrameCodes } from "./index.ts";

const startMs = Date.UTC(2018, 9, 31, 2, 52, 0, 51);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "camclips-testing-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function expectFramesToBeReadable(recording: Recording): Promise<void> {
  const decoded = await readFrameCodes(recording.path);
  expect(decoded.map(({ code }) => code)).toEqual(recording.frames.map(({ code }) => code));
  for (const [index, { seconds }] of decoded.entries()) {
    expect(seconds * 1000).toBeCloseTo((recording.frames[index]?.wallMs ?? 0) - recording.startMs, 0);
  }
}

describe("a frame's code", () => {
  it("is read back from its blocks", () => {
    for (const code of [0, 1, 255, 256, 14_999, MAX_CODE]) expect(readBlocks(codeBlocks(code))).toBe(code);
  });

  it("is null for a black, a white and a damaged picture", () => {
    expect(readBlocks(new Array(32).fill(false))).toBeNull();
    expect(readBlocks(new Array(32).fill(true))).toBeNull();
    expect(readBlocks(codeBlocks(7).map((block, index) => (index === 23 ? !block : block)))).toBeNull();
  });
});

describe("makeRecording", () => {
  it.each([
    ["25 fps", {}],
    ["29.97 fps with B-frames in open GOPs", { fps: "30000/1001", bFrames: 2, openGop: true }],
    ["a variable frame rate", { vfr: true }],
    ["HEVC", { codec: "hevc" }],
    ["MPEG-4 part 2", { codec: "mpeg4" }],
    ["a first frame at 0.48 s", { firstSeconds: 0.48 }],
    ["moov at the end", { container: "moov-last" }],
    ["fragments", { container: "fragmented" }],
    ["fragments with sidx", { container: "fragmented-sidx" }],
    ["fragments without index", { container: "fragmented-bare" }],
    ["no audio", { audio: false, width: 320, height: 180, sampleAspect: "4/3" }],
  ] as const)("makes one with %s whose frames can be read", async (_, options) => {
    const path = join(folder, "one.mp4");
    await expectFramesToBeReadable(await makeRecording({ path, startMs, seconds: 2, firstCode: 70_000, ...options }));
  });

  it("leaves no half file when ffmpeg fails", async () => {
    const path = join(folder, "half", "one.mp4");
    await expect(makeRecording({ path, startMs, seconds: 1 })).rejects.toThrow("No such file");
    expect(await readdir(folder)).not.toContain("half");
  });
});

describe("readFrameCodes", () => {
  it("reads frames that were made small and poor, and null from black ones", async () => {
    const { path, frames } = await makeRecording({
      path: join(folder, "rich.mp4"),
      startMs,
      seconds: 2,
      width: 320,
      height: 180,
    });
    const poor = join(folder, "poor.mp4");
    const filter = "scale=128:72,tpad=stop=2:stop_mode=add";
    const encoder = ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "38"];
    await runFfmpeg({ ffmpeg: testFfmpeg, args: ["-v", "error", "-i", path, "-vf", filter, ...encoder, "-y", poor] });
    const codes = (await readFrameCodes(poor)).map(({ code }) => code);
    expect(codes).toEqual([...frames.map(({ code }) => code), null, null]);
  });
});

describe("makeCamera", () => {
  it("makes back-to-back recordings with codes and audio that go on from one to the next", async () => {
    const camera = await makeCamera({
      folder: join(folder, "cam"),
      alias: "pier",
      startMs,
      recordings: 2,
      seconds: 2.4,
    });
    expect(camera.recordings.map(({ path }) => basename(path))).toEqual([
      "pier.stream.20181031T025200051.mp4",
      "pier.stream.20181031T025202451.mp4",
    ]);
    expect(camera.frames.map(({ code }) => code)).toEqual(Array.from({ length: 120 }, (_, index) => index));
    const [first, second] = camera.recordings as [Recording, Recording];
    expect(await readAudioOnsets(first.path)).toEqual([
      { seconds: expect.closeTo(1, 2), second: 1 },
      { seconds: expect.closeTo(2, 2), second: 2 },
    ]);
    expect(await readAudioOnsets(second.path)).toEqual([
      { seconds: expect.closeTo(0.6, 2), second: 3 },
      { seconds: expect.closeTo(1.6, 2), second: 4 },
    ]);
    await expectFramesToBeReadable(second);
  });
});

import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileSource, sliceRecording } from "@camclips/mp4";
import { Workshop } from "@camclips/testing/media/workshop";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { VerificationError } from "../errors.ts";
import { makeRecording, readFrameCodes } from "../synthetic/index.ts";
import { thumbnailArguments } from "./render-thumbnails.ts";

const shop = new Workshop();
let folder: string;
let clip: string;
beforeAll(async () => {
  folder = await shop.folder;
  clip = join(folder, "clip.mp4");
  await makeRecording({ path: clip, startMs: 0, seconds: 4, width: 320, height: 180 });
});
afterAll(() => shop.clear());

const thumbnails = async (atSeconds: number, outputs: [name: string, width: number | null][]) => {
  const paths = outputs.map(([name, width]) => ({ path: join(folder, name), width }));
  return (await shop.engine.renderThumbnails({ clip, atSeconds, outputs: paths }, { scratch: folder })).thumbnails;
};

describe("renderThumbnails", () => {
  it("writes all sizes of the frame that is shown at that time, smaller and larger than the clip", async () => {
    const made = await thumbnails(1, [
      ["small.jpg", 160],
      ["own.jpg", null],
      ["large.jpg", 640],
    ]);
    expect(made).toEqual([
      { path: join(folder, "small.jpg"), width: 160, height: 90 },
      { path: join(folder, "own.jpg"), width: 320, height: 180 },
      { path: join(folder, "large.jpg"), width: 640, height: 360 },
    ]);
    for (const { path } of made) expect((await readFrameCodes(path)).map(({ code }) => code)).toEqual([25]);
  });

  it("writes PNG and WebP", async () => {
    const made = await thumbnails(2.5, [
      ["one.png", 200],
      ["one.webp", 200],
    ]);
    expect(made.map(({ width, height }) => [width, height])).toEqual([
      [200, 112],
      [200, 112],
    ]);
  });

  it("leaves no file when the clip has no frame there", async () => {
    await expect(thumbnails(60, [["late.jpg", 160]])).rejects.toThrow(VerificationError);
    expect(await readdir(folder)).not.toContain("late.jpg");
  });

  it("finds every frame around a keyframe of open GOPs, which ffmpeg's own seek passes over", async () => {
    clip = join(folder, "open.mp4");
    const usual = { path: clip, startMs: 0, seconds: 1.6, fps: 30, width: 320, height: 180 };
    const { frames } = await makeRecording({ ...usual, gop: 12, bFrames: 3, openGop: true });
    for (const { code, wallMs } of frames.slice(22, 28)) {
      const [made] = await thumbnails(wallMs / 1000 + 0.01, [[`${code}.jpg`, null]]);
      expect((await readFrameCodes(made?.path ?? "")).map((frame) => frame.code)).toEqual([code]);
    }
  });

  it("finds the last frame of a file that shows too little of its GOPs to tell that they are open", async () => {
    const whole = join(folder, "open-1fps.mp4");
    const usual = { path: whole, startMs: 0, seconds: 16, fps: 1, width: 320, height: 180 };
    const { frames } = await makeRecording({ ...usual, gop: 5, bFrames: 2, openGop: true, audio: false });
    for (const { code, wallMs } of frames.slice(9)) {
      clip = join(folder, `until-${code}.mp4`);
      const range = { fromSeconds: wallMs / 1000, toSeconds: wallMs / 1000 + 0.002, showHidden: true };
      await using file = await fileSource(whole);
      const slice = await sliceRecording(file, whole, range);
      await writeFile(clip, slice.chunks());
      const [made] = await thumbnails(wallMs / 1000 - slice.zeroSeconds, [[`until-${code}.jpg`, null]]);
      expect((await readFrameCodes(made?.path ?? "")).map((frame) => frame.code)).toEqual([code]);
    }
  });

  it("reads the clip once, from one seek", () => {
    const outputs = [160, 320].map((width) => ({ path: `/t/${width}.jpg`, width }));
    const frame = { frameSeconds: 2.04, entrySeconds: 2 };
    const args = thumbnailArguments({ clip, outputs }, frame);
    expect(args.filter((argument) => argument === "-i")).toHaveLength(1);
    expect(args[args.indexOf("-filter_complex") + 1]).toBe(
      "[0:V:0]trim=start=2.039400,scale=iw*sar:ih,setsar=1,split=2[t0][t1];" +
        "[t0]null,scale=160:-2:flags=lanczos[s0];[t1]null,scale=320:-2:flags=lanczos[s1]",
    );
    expect(args[args.indexOf("-ss") + 1]).toBe("2.000000");
    // Out of an open GOP, the last frame of the slice may be the one that is wanted.
    expect(args.slice(0, args.indexOf("-i"))).toContain("+showall");
    expect(() => thumbnailArguments({ clip, outputs: [{ path: "/t/a.gif", width: 1 }] }, frame)).toThrow("jpg");
  });
});

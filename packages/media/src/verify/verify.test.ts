import { copyFile, open, truncate } from "node:fs/promises";
import { join } from "node:path";
import { fileSource, firstTrack, readMovie } from "@camclips/mp4";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { jobOf, Workshop } from "@camclips/testing/media/workshop";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { VerificationError } from "../errors.ts";
import { makeRecording } from "../synthetic/index.ts";
import { type ExpectedClip, missingFrames, verifyClip } from "./verify.ts";

const shop = new Workshop();
let ways: Parameters<typeof verifyClip>[1];
let clip: ExpectedClip;
beforeAll(async () => {
  ways = { ffmpeg: testFfmpeg, timeLimitMs: 30_000, scratch: await shop.folder };
  const path = join(await shop.folder, "whole.mp4");
  const { frames } = await makeRecording({ path, startMs: 0, seconds: 2, bFrames: 2 });
  clip = { path, frameSeconds: frames.map(({ wallMs }) => wallMs / 1000), width: 160, height: 90, audio: true };
});
afterAll(() => shop.clear());

describe("verifyClip", () => {
  it("is content with a clip that is as planned", async () => {
    expect(await verifyClip(clip, ways)).toMatchObject({ missing: [] });
  });

  it("returns frames that are missing", async () => {
    const frameSeconds = [...clip.frameSeconds, 2, 2.04];
    expect(await verifyClip({ ...clip, frameSeconds }, ways)).toMatchObject({ missing: [50, 51] });
  });

  it.each<[string, Partial<ExpectedClip>, string]>([
    ["more frames than planned", { frameSeconds: [0, 0.04] }, "50 frames, planned were 2"],
    ["another size", { width: 320 }, "160x90 instead of 320x90"],
    ["audio that was not planned", { audio: false }, "audio that was not planned"],
    ["no file", { path: "/nowhere/clip.mp4" }, "cannot be read"],
  ])("refuses %s", async (_, other, message) => {
    const refused = verifyClip({ ...clip, ...other }, ways);
    await expect(refused).rejects.toThrow(VerificationError);
    await expect(refused).rejects.toThrow(message);
  });

  it("finds damage in the last frames of a long GOP", async () => {
    const path = join(await shop.folder, "long-gop.mp4");
    const { frames } = await makeRecording({ path, startMs: 0, seconds: 6, gop: 150, audio: false });
    const long = { ...clip, path, frameSeconds: frames.map(({ wallMs }) => wallMs / 1000), audio: false };
    expect(await verifyClip(long, ways)).toMatchObject({ missing: [] });
    await using source = await fileSource(path);
    const { samples } = firstTrack(await readMovie(source, path), "vide") ?? {};
    await using file = await open(path, "r+");
    // Behind the slice's header, all that is left of the last frame.
    const [offset, size] = [samples?.offset.at(-1) ?? 0, samples?.size.at(-1) ?? 0];
    await file.write(Buffer.alloc(size - 20, 0xff), 0, size - 20, offset + 20);
    await expect(verifyClip(long, ways)).rejects.toThrow(VerificationError);
  });

  it("refuses a file that is cut off", async () => {
    const path = join(await shop.folder, "cut.mp4");
    await copyFile(clip.path, path);
    await truncate(path, 20_000);
    await expect(verifyClip({ ...clip, path }, ways)).rejects.toThrow(VerificationError);
  });
});

describe("missingFrames", () => {
  it("allows for rounded times only", () => {
    expect(missingFrames([0, 0.04, 0.08], [0, 0.0404, 0.0796])).toEqual([]);
    expect(() => missingFrames([0, 0.04], [0, 0.05])).toThrow(VerificationError);
    expect(() => missingFrames([0, 0.04], [0, 0.04, 0.04])).toThrow(VerificationError);
  });
});

describe("renderClip", () => {
  it("leaves nothing when it is aborted", async () => {
    const output = join(await shop.folder, "aborted.mp4");
    const job = { ...jobOf([{ path: clip.path, startMs: 0, endMs: 2000, fps: 25, frames: [] }], 0, 2000), output };
    const abort = new AbortController();
    const onProgress = () => abort.abort(new Error("no longer wanted"));
    const options = { scratch: await shop.folder, signal: abort.signal, onProgress };
    await expect(shop.engine.renderClip(job, options)).rejects.toThrow("no longer wanted");
    await expect(truncate(output, 0)).rejects.toThrow("ENOENT");
  });
});

import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { createMediaEngine } from "@camclips/media/engine";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { jobOf, Workshop } from "@camclips/testing/media/workshop";
import { afterAll, describe, expect, it } from "vitest";
import { runFfmpeg } from "../ffmpeg/run-ffmpeg.ts";
import { defaultEncoder, type EncoderSettings } from "../ffmpeg/settings.ts";
import { makeRecording, type Recording } from "../synthetic/index.ts";

const shop = new Workshop();
afterAll(() => shop.clear());

const START_MS = 320;
const HEAD = 42;

/** PSNR and SSIM of the frames before the first keyframe, against the recording. */
async function quality(recording: Recording, encoder?: EncoderSettings) {
  const folder = await mkdtemp(join(await shop.folder, "quality-"));
  const [output, scratch] = [join(folder, "clip.mp4"), folder];
  const settings = { ffmpeg: testFfmpeg, threads: 2, timeLimitMs: 60_000, ...(encoder && { encoder }) };
  const job = { ...jobOf([recording], START_MS, 6000, { precision: "smart" }), output };
  const { encodedFrames } = await createMediaEngine(settings).renderClip(job, { scratch });
  expect(encodedFrames).toBe(HEAD);
  const head = (input: number) => `[${input}:v]settb=1/25,setpts=N,trim=end_frame=${HEAD},split[p${input}][s${input}]`;
  const log = await runFfmpeg({
    ffmpeg: testFfmpeg,
    args: [
      ...["-i", output, "-ss", String(START_MS / 1000), "-i", recording.path],
      ...["-lavfi", `${head(0)};${head(1)};[p0][p1]psnr;[s0][s1]ssim`, "-f", "null", "-"],
    ],
  });
  return {
    psnr: Number(/PSNR .*average:([\d.]+)/.exec(log)?.[1]),
    ssim: Number(/SSIM .*All:([\d.]+)/.exec(log)?.[1]),
  };
}

describe("the frames around a cut", () => {
  it.each([
    ["of a camera with little noise", { kbps: 3000 }],
    ["of a camera that saves bits", { kbps: 700 }],
  ])("%s look no worse than those of a clip that is encoded whole", async (name, options) => {
    const path = join(await shop.folder, `${name}.mp4`);
    // Behind pictures that need several others, frames are not copied: see picture-chain.
    const encoder = ["-refs", "3"];
    const recording = await makeRecording({
      path,
      startMs: 0,
      seconds: 6,
      width: 640,
      height: 360,
      encoder,
      ...options,
    });
    const [ours, whole] = [await quality(recording), await quality(recording, defaultEncoder)];
    expect(ours.psnr).toBeGreaterThan(whole.psnr);
    expect(ours.ssim).toBeGreaterThan(whole.ssim);
  });
});

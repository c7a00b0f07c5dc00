import { stat } from "node:fs/promises";
import { join } from "node:path";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { jobOf, Workshop } from "@camclips/testing/media/workshop";
import { afterAll, describe, expect, it } from "vitest";
import { runFfmpeg } from "../ffmpeg/run-ffmpeg.ts";
import { makeRecording } from "../synthetic/index.ts";

const shop = new Workshop();
afterAll(() => shop.clear());

/** Mean over all frames, dB. */
async function psnr(clip: string, recording: string): Promise<number> {
  const inputs = ["-i", clip, "-i", recording, "-lavfi", "[0:v][1:v]psnr"];
  const log = await runFfmpeg({ ffmpeg: testFfmpeg, args: [...inputs, "-f", "null", "-"] });
  return Number(/PSNR .*average:([\d.]+)/.exec(log)?.[1]);
}

describe("an exact clip", () => {
  it.each([
    ["of a camera with little noise", { width: 1280, height: 720, kbps: 2500 }],
    ["of a camera that saves bits", { width: 640, height: 360, kbps: 700 }],
  ])("%s looks as x264's preset `fast` makes it, for at most 1.2 times the bytes", async (name, options) => {
    const folder = await shop.folder;
    const path = join(folder, `${name}.mp4`);
    const recording = await makeRecording({ path, startMs: 0, seconds: 6, ...options });
    const [fast, ours] = [join(folder, `${name}-fast.mp4`), join(folder, `${name}-ours.mp4`)];
    await runFfmpeg({ ffmpeg: testFfmpeg, args: ["-i", path, "-c:v", "libx264", "-preset", "fast", "-an", fast] });
    const job = { ...jobOf([recording], 0, 6000, { precision: "exact" }), output: ours };
    await shop.engine.renderClip(job, { scratch: folder });
    const silent = join(folder, `${name}-silent.mp4`);
    await runFfmpeg({ ffmpeg: testFfmpeg, args: ["-i", ours, "-c", "copy", "-an", silent] });
    expect(await psnr(silent, path)).toBeGreaterThan((await psnr(fast, path)) - 0.5);
    expect((await stat(silent)).size).toBeLessThan(1.2 * (await stat(fast)).size);
  });
});

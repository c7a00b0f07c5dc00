import { join } from "node:path";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { jobOf, Workshop } from "@camclips/testing/media/workshop";
import { afterAll, describe, expect, it } from "vitest";
import { runFfmpeg } from "../ffmpeg/run-ffmpeg.ts";

const shop = new Workshop();
afterAll(() => shop.clear());

const NOISE = "noise=alls=12:allf=t";

/** Scenes in which a frame and its neighbours look alike, or change in ways that encoders follow late. */
const SCENES: Record<string, string> = {
  "nothing moves": "color=0x406080:size=320x180:rate=25",
  "nothing but noise": `color=0x404040:size=320x180:rate=25,${NOISE}`,
  "noise in the dark": "color=0x060606:size=320x180:rate=25,noise=alls=30:allf=t",
  "a slow sunrise": "color=black:size=320x180:rate=25,geq=lum='16+N/3+X/8':cb=128:cr=128",
  "a slow fade in noise": `color=0x808080:size=320x180:rate=25,${NOISE},fade=in:0:300`,
  "light that flickers": "color=black:size=320x180:rate=25,geq=lum='60+40*mod(N,2)':cb=128:cr=128",
  lightning: "testsrc2=size=320x180:rate=25,geq=lum='if(eq(mod(N,17),5),235,lum(X,Y)/3)':cb=128:cr=128",
  "something small that moves": `color=black:size=320x180:rate=25,geq=lum='if(between(X-mod(N*2,300),0,6)*between(Y,80,90),235,80)':cb=128:cr=128,${NOISE}`,
  "a camera that shakes": "testsrc2=size=400x240:rate=25,crop=320:180:40+20*sin(n*1.7):30+20*cos(n*2.3)",
  "a camera that pans slowly": "mandelbrot=size=640x360:rate=25:end_scale=0.1,crop=320:180:n/4:60",
  "a very small picture": `testsrc2=size=64x48:rate=25,${NOISE}`,
};

async function recordingOf(name: string, scene: string) {
  const path = join(await shop.folder, `${name.replaceAll(" ", "-")}.mp4`);
  const encoder = [
    "-c:v",
    "libx264",
    "-preset",
    "veryfast",
    "-g",
    "50",
    "-bf",
    "2",
    "-crf",
    "30",
    "-pix_fmt",
    "yuv420p",
  ];
  await runFfmpeg({
    ffmpeg: testFfmpeg,
    args: ["-v", "error", "-y", "-f", "lavfi", "-i", scene, "-t", "6", ...encoder, path],
  });
  return { path, startMs: 0, endMs: 6000, fps: 25, frames: [] };
}

describe.concurrent("right pictures are never taken for wrong ones", () => {
  it.each(Object.entries(SCENES))("%s", async (name, scene) => {
    const recording = await recordingOf(name, scene);
    for (const precision of ["smart", "exact"] as const) {
      const { report } = await shop.render(jobOf([recording], 1040, 5040, { precision }));
      expect(report).toMatchObject({ precision, gaps: [] });
    }
  });
});

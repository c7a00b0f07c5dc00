import { codesBetween, codesOf, jobOf, Workshop } from "@camclips/testing/media/workshop";
import { afterAll, describe, expect, it } from "vitest";
import { type Camera, type CameraOptions, makeCamera } from "../synthetic/index.ts";

const startMs = Date.UTC(2018, 9, 31, 2, 52, 0, 51);
const shop = new Workshop();
afterAll(() => shop.clear());

function camera(name: string, options: Partial<CameraOptions>): Promise<Camera> {
  const usual = { alias: "pier", startMs, recordings: 2, seconds: 30, openGop: true };
  return shop.camera(name, (folder) => makeCamera({ ...usual, ...options, folder }));
}

/** What reordering reaches over is many seconds here, and frames around a keyframe need the GOP before it. */
describe.concurrent("recordings of a few frames a second, in open GOPs, give every frame", () => {
  it.each<[string, Partial<CameraOptions>]>([
    ["H.264, 1 fps", { fps: 1, gop: 5, bFrames: 2 }],
    ["H.264, 2 fps", { fps: 2, gop: 10, bFrames: 3, audio: false }],
    ["HEVC, 1 fps", { codec: "hevc", fps: 1, gop: 10, bFrames: 4, audio: false }],
    ["HEVC, 2 fps", { codec: "hevc", fps: 2, gop: 10, bFrames: 4 }],
  ])("%s", async (name, options) => {
    const { recordings, frames } = await camera(name, options);
    for (const [from, to] of [
      [5500, 9200],
      [9410, 14_060],
      [10_000, 20_000],
      [16_056, 33_152],
    ] as const) {
      for (const precision of ["smart", "exact", "fast"] as const) {
        const clip = await shop.render(jobOf(recordings, startMs + from, startMs + to, { precision }));
        const asked = `${precision} ${from}-${to}`;
        expect([asked, codesOf(clip.frames)]).toEqual([asked, codesBetween(frames, startMs + from, startMs + to)]);
      }
    }
  });
});

import { copyFile, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { Workshop } from "@camclips/testing/media/workshop";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runFfmpeg } from "../ffmpeg/run-ffmpeg.ts";
import type { Storyboard } from "../media-engine.ts";
import { makeRecording, readFrameCodes } from "../synthetic/index.ts";

const shop = new Workshop();
let folder: string;
let clip: string;
/** Keyframes only, half a second apart. */
const keyframes = (count: number) => join(folder, `keyframes-${count}.mp4`);
beforeAll(async () => {
  folder = await shop.folder;
  clip = join(folder, "clip.mp4");
  const usual = { startMs: 0, width: 640, height: 360, audio: false };
  await makeRecording({ ...usual, path: clip, seconds: 2 });
  for (const count of [3, 14])
    await makeRecording({ ...usual, path: keyframes(count), fps: 2, gop: 1, seconds: count / 2 });
});
afterAll(() => shop.clear());

async function render(name: string, from: string | undefined) {
  const preview = { keyframes: from, sprite: join(folder, `${name}.jpg`), animated: join(folder, `${name}.webp`) };
  const outputs = [{ path: join(folder, `${name}-160.jpg`), width: 160 }];
  const made = await shop.engine.renderThumbnails({ clip, atSeconds: 1, outputs, preview }, { scratch: folder });
  return { ...made, ...preview };
}

/** The codes in the tiles of a sprite, row by row; at most four tiles are in a row. */
async function codesIn(sprite: string, { tiles }: Storyboard) {
  const untiled = join(folder, "tiles.mp4");
  const layout = `untile=${Math.min(4, tiles.length)}x${Math.ceil(tiles.length / 4)}`;
  const encoder = ["-c:v", "libx264", "-qp", "10", "-pix_fmt", "yuv420p", untiled];
  await runFfmpeg({ ffmpeg: testFfmpeg, args: ["-v", "error", "-y", "-i", sprite, "-vf", layout, ...encoder] });
  return (await readFrameCodes(untiled)).slice(0, tiles.length).map(({ code }) => code);
}

/** Pictures of an animated WebP, and for how long they are shown (WebP Container Specification, "ANMF"). */
async function animation(path: string) {
  const bytes = await readFile(path);
  const durations = [];
  for (let at = bytes.indexOf("ANMF"); at >= 0; at = bytes.indexOf("ANMF", at + 4))
    durations.push(bytes.readUIntLE(at + 20, 3));
  return { durations, total: durations.reduce((sum, ms) => sum + ms, 0) };
}

describe("a preview", () => {
  it("has a tile for every keyframe, each said to be where it is, and stands from its instant on", async () => {
    const { storyboard, sprite, thumbnails } = await render("seven", keyframes(14));
    expect(thumbnails).toHaveLength(1);
    expect(storyboard?.tiles.map(({ fromSeconds }) => fromSeconds)).toEqual(
      Array.from({ length: 14 }, (_, i) => i / 2),
    );
    expect([storyboard?.width, storyboard?.height]).toEqual([160, 90]);
    expect(storyboard?.tiles.slice(4, 7).map(({ x, y }) => [x, y])).toEqual([
      [0, 90],
      [160, 90],
      [320, 90],
    ]);
    expect(storyboard && (await codesIn(sprite, storyboard))).toEqual(Array.from({ length: 14 }, (_, i) => i));
  });

  it("moves for three seconds, whatever the number of pictures", async () => {
    for (const [name, count, pictures] of [
      ["many", 14, 7],
      ["few", 3, 3],
    ] as const) {
      const { animated, storyboard } = await render(name, keyframes(count));
      expect(storyboard?.animated).toBe(true);
      const { durations, total } = await animation(animated);
      expect(durations).toHaveLength(pictures);
      expect(Math.abs(total - 3000)).toBeLessThan(20);
    }
  });

  it("shows the thumbnails' own frame where the clip shows no keyframe", async () => {
    const { storyboard, sprite } = await render("none", undefined);
    expect(storyboard?.tiles).toEqual([{ fromSeconds: 0, x: 0, y: 0 }]);
    expect(storyboard && (await codesIn(sprite, storyboard))).toEqual([25]);
  });

  it("never costs the thumbnails: keyframes that cannot be decoded leave it out", async () => {
    const broken = join(folder, "broken.mp4");
    await copyFile(keyframes(3), broken);
    const bytes = await readFile(broken);
    const data = bytes.indexOf("mdat") + 4;
    await writeFile(broken, bytes.fill(0xff, data));
    const { storyboard, thumbnails } = await render("broken", broken);
    expect(storyboard).toBeUndefined();
    expect((await stat(thumbnails[0]?.path ?? "")).size).toBeGreaterThan(0);
  });
});

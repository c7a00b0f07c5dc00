import { codesBetween, codesOf, jobOf, Workshop } from "@camclips/testing/media/workshop";
import fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import { type Camera, type CameraOptions, makeCamera } from "../synthetic/index.ts";

const startMs = Date.UTC(2018, 9, 31, 2, 52, 0, 51);
const shop = new Workshop();
afterAll(() => shop.clear());

const CAMERAS: Partial<CameraOptions>[] = [
  { gop: 12, bFrames: 3, openGop: true, fps: "30000/1001" },
  { gop: 40, bFrames: 2, vfr: true, audio: false },
  { gop: 7, fps: 15 },
];

function camera(kind: number): Promise<Camera> {
  const usual = { alias: "pier", startMs, recordings: 3, seconds: 2, ...CAMERAS[kind] };
  return shop.camera(`random-${kind}`, (folder) => makeCamera({ ...usual, folder }));
}

it("whatever range is asked for, smart and fast clips hold exactly its frames", { timeout: 120_000 }, async () => {
  const asked = fc.record({
    kind: fc.nat(CAMERAS.length - 1),
    fromMs: fc.integer({ min: 0, max: 5600 }),
    lengthMs: fc.integer({ min: 120, max: 3000 }),
    precision: fc.constantFrom("smart" as const, "fast" as const),
  });
  await fc.assert(
    fc.asyncProperty(asked, async ({ kind, fromMs, lengthMs, precision }) => {
      const { recordings, frames } = await camera(kind);
      const [from, to] = [startMs + fromMs, startMs + Math.min(5950, fromMs + lengthMs)];
      const clip = await shop.render(jobOf(recordings, from, to, { precision }));
      expect(codesOf(clip.frames)).toEqual(codesBetween(frames, from, to));
    }),
    { numRuns: 8 },
  );
});

import type { Camera } from "@camclips/media/synthetic";
import { expect } from "vitest";
import type { RenderJob } from "../../../media/src/media-engine.ts";
import { codesOf, jobOf, type Workshop } from "./workshop.ts";

/** Renders a part of the camera's time, the smart way, and expects all its frames, at their places, and nothing else. */
export async function expectCut(
  shop: Workshop,
  { recordings, frames }: Camera,
  fromMs: number,
  toMs: number,
  options: Partial<RenderJob> = {},
) {
  const clip = await shop.render(jobOf(recordings, fromMs, toMs, { precision: "smart", ...options }));
  const expected = frames.filter(({ wallMs }) => wallMs >= fromMs - 0.5 && wallMs < toMs - 0.5);
  expect(codesOf(clip.frames), clip.report.why).toEqual(expected.map(({ code }) => code));
  const zeroMs = expected[0]?.wallMs ?? 0;
  for (const [index, { seconds }] of clip.frames.entries()) {
    expect(seconds * 1000).toBeCloseTo((expected[index]?.wallMs ?? 0) - zeroMs, 0);
  }
  expect(clip.report.frames).toBe(expected.length);
  return clip;
}

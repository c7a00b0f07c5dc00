import type { MuxSample } from "@camclips/mp4";
import { expect, it } from "vitest";
import { setTimes } from "./place-video.ts";

const bytes = { size: 0, read: async () => new Uint8Array(), stream: async function* () {} };
const sample = (): MuxSample => {
  return { source: bytes, offset: 0, size: 0, dts: 0, duration: 1, compositionOffset: 0, sync: true, description: 0 };
};

it("lets frames of a clip last until its end, in whatever order they are decoded", () => {
  const placed = [0, 3, 1, 2].map((ticks) => ({ sample: sample(), ticks }));
  const delay = setTimes(placed, 10);
  expect(placed.map(({ sample }) => sample.dts + sample.compositionOffset - delay)).toEqual([0, 3, 1, 2]);
  expect(placed.map(({ sample }) => sample.dts)).toEqual([0, 1, 2, 3]);
  const ends = placed.map(
    ({ sample: { dts, compositionOffset, duration } }) => dts + compositionOffset + duration - delay,
  );
  expect(Math.max(...ends)).toBe(10);
});

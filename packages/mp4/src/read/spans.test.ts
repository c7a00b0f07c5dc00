import { expect, it } from "vitest";
import { spansOf } from "./spans.ts";

const EVERYWHERE = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
const aac = (...seconds: number[]) => ({
  starts: seconds.map((_, i) => seconds.slice(0, i).reduce((sum, each) => sum + each, 0)),
  durations: seconds,
});

it("a packet that lasts longer than the others is the last one before a hole", () => {
  expect(spansOf({ ...aac(0.02, 0.02, 2, 0.02), isPcm: false }, 1, EVERYWHERE)).toEqual([
    [0, 0.06],
    [2.04, 2.06],
  ]);
});

it("so is one alone, unless it is of PCM, whose packets may last long", () => {
  const [span] = spansOf({ ...aac(2.2), isPcm: false }, 1, EVERYWHERE);
  expect(span?.[1]).toBeLessThan(0.15);
  expect(spansOf({ ...aac(2.2, 2.2), isPcm: true }, 1, EVERYWHERE)).toEqual([[0, 4.4]]);
  // Blocks of FLAC.
  expect(spansOf({ ...aac(1.5, 1.5, 1.5), isPcm: false }, 1, EVERYWHERE)).toEqual([[0, 4.5]]);
});

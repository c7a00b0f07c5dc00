import { describe, expect, it } from "vitest";
import { box, u32 } from "../write/write-boxes.ts";
import { boxesIn } from "./boxes.ts";
import { readSampleTable, sampleBudget } from "./sample-table.ts";

/** Decode times and durations of `count` samples, told by pairs of a count and a difference. */
function times(count: number, ...stts: [count: number, delta: number][]) {
  const boxes = Buffer.concat([
    box("stts", u32(0, stts.length, ...stts.flatMap(([n, delta]) => [n, delta >>> 0]))),
    box("stsz", u32(0, 100, count)),
    box("stsc", u32(0, 1, 1, count, 1)),
    box("stco", u32(0, 1, 0)),
  ]);
  const { dts, duration } = readSampleTable(boxesIn(boxes), sampleBudget());
  return { dts: [...dts], duration: [...duration] };
}

describe("decode times", () => {
  it("go back by a negative difference, and on from there; no sample comes before the one that precedes it", () => {
    expect(times(6, [2, 100], [1, -50], [1, 250], [2, 100])).toEqual({
      dts: [0, 100, 200, 201, 400, 500],
      duration: [100, 100, 1, 199, 100, 100],
    });
  });

  it("say nothing of a last sample that is told to last less than nothing", () => {
    expect(times(3, [2, 100], [1, -1])).toEqual({ dts: [0, 100, 200], duration: [100, 100, 100] });
  });

  it("go on as usual behind a last sample that is told to last no time", () => {
    expect(times(4, [1, 300], [2, 100], [1, 0])).toEqual({ dts: [0, 300, 400, 500], duration: [300, 100, 100, 100] });
  });

  it("go on where the box times fewer samples than there are", () => {
    expect(times(4, [2, 100])).toEqual({ dts: [0, 100, 200, 300], duration: [100, 100, 100, 100] });
    expect(() => times(4)).toThrow("stts box times no sample");
  });

  it("may be far apart", () => {
    const hours = 12_800 * 3600 * 60;
    expect(times(2, [1, 100], [1, hours]).duration).toEqual([100, hours]);
  });
});

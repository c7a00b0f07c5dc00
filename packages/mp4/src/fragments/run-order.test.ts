import { describe, expect, it } from "vitest";
import { RunOrder } from "./run-order.ts";

/** Places fragments of 100 units, each with its own size. */
function placed(times: readonly number[], { isShort = false, bytes = (i: number) => 1000 + i } = {}) {
  const order = new RunOrder();
  const starts = times.map((dts, i) => order.place({ dts, isShort, duration: 100, bytes: bytes(i) }));
  return { starts, isMixed: order.isMixed };
}

describe("fragments in the order of the file", () => {
  it("lie where they say, also where they overlap a little", () => {
    expect(placed([0, 100, 195, 400])).toEqual({ starts: [0, 100, 195, 400], isMixed: false });
  });

  it("go on where decode times of 32 bits begin again", () => {
    const last = 2 ** 32 - 50;
    expect(placed([last - 100, last, 50, 150], { isShort: true }).starts).toEqual([
      last - 100,
      last,
      last + 100,
      last + 200,
    ]);
  });

  it("follow one another where all of them say the same time", () => {
    expect(placed([0, 0, 0, 0]).starts).toEqual([0, 100, 200, 300]);
  });

  it("go on where their times begin again", () => {
    expect(placed([0, 100, 200, 0, 100]).starts).toEqual([0, 100, 200, 300, 400]);
    const many = Array.from({ length: 200 }, (_, i) => i * 100);
    expect(placed([...many, 0, 100]).starts.slice(-2)).toEqual([20_000, 20_100]);
  });

  it("count once where they are written twice", () => {
    const bytes = (i: number) => [1, 2, 2, 3][i] ?? 0;
    expect(placed([0, 100, 100, 200], { bytes }).starts).toEqual([0, 100, undefined, 200]);
  });

  it("are sorted where one is written late", () => {
    expect(placed([0, 200, 100, 300])).toEqual({ starts: [0, 200, 100, 300], isMixed: true });
  });
});

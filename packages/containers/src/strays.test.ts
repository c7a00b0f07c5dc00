import { expect, it } from "vitest";
import type { Unit } from "./frames.ts";
import { withoutStrays } from "./strays.ts";

/** When the frames of a file are taken to be shown, between which there is audio. */
async function secondsOf(...seconds: number[]): Promise<number[]> {
  async function* units(): AsyncGenerator<Unit> {
    for (const [i, own] of seconds.entries()) {
      yield { kind: "video", at: 2 * i, seconds: own };
      yield { kind: "audio", at: 2 * i + 1, seconds: i / 25 };
    }
  }
  const seen = await Array.fromAsync(withoutStrays(units()));
  expect(seen.map(({ at }) => at)).toEqual(seen.map((_, i) => i));
  return seen.filter(({ kind }) => kind === "video").map((unit) => unit.seconds);
}

it("a frame whose time neither of its neighbours agrees with comes between them", async () => {
  expect(await secondsOf(1, 1.5, 90, 2.5, 3)).toEqual([1, 1.5, 2, 2.5, 3]);
  expect(await secondsOf(11, 11.5, 0, 12.5, 13)).toEqual([11, 11.5, 12, 12.5, 13]);
});

it("a time is kept that others agree with, or that stands alone at the end", async () => {
  for (const times of [
    [1, 1.5, 90, 90.5],
    [90, 1, 1.5],
    [1, 1.5, 90],
    [1, 11, 21, 31],
    [1, 90, 90.5, 1, 1.5],
    // Stored before frames that are shown before it: the camera stood still in between.
    [1, 1.5, 9, 2, 9.5],
    [1, 1.5, 9, 2, 2.5, 9.5, 10],
    [1.5, 1, 3, 2, 2.5, 12, 3.5, 4, 14, 13],
  ])
    expect(await secondsOf(...times)).toEqual(times);
});

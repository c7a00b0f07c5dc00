import { expect, it } from "vitest";
import { overlapsIn } from "./overlaps.ts";

const footage = (...all: [key: string, start: number, end: number][]) =>
  all.map(([key, start, end]) => ({ key, startMs: start * 1000, endMs: end * 1000 }));

it("recordings that follow each other do not overlap, even where clocks and names are off a little", () => {
  expect(overlapsIn(footage(["b", 9.5, 20], ["a", 0, 10], ["c", 25, 30]), 1000)).toEqual([]);
});

it("tells which two claim a stretch, also where others lie between, and the same time twice", () => {
  const found = overlapsIn(footage(["long", 0, 100], ["in", 10, 20], ["later", 90, 110], ["copy", 90, 110]), 1000);
  expect(found).toEqual([
    { startMs: 10_000, endMs: 20_000, recordings: ["long", "in"] },
    { startMs: 90_000, endMs: 100_000, recordings: ["long", "copy"] },
    { startMs: 90_000, endMs: 110_000, recordings: ["copy", "later"] },
  ]);
});

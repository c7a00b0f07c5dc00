import { expect, it } from "vitest";
import { flatness, type Part } from "./slope.ts";

const FLAT: Record<Part, () => number> = { resident: () => 150, heap: () => 30, external: () => 20, handles: () => 30 };

/** Of samples every five seconds. */
const run = (minutes: number, parts: Partial<Record<Part, (minute: number) => number>>) =>
  flatness(
    Array.from({ length: minutes * 12 }, (_, index) => {
      const minute = index / 12;
      const at = { ...FLAT, ...parts };
      return {
        minutes: minute,
        resident: at.resident(minute),
        heap: at.heap(minute),
        external: at.external(minute),
        handles: at.handles(minute),
      };
    }),
  ).problems;

it("what warms up and then stays is flat, noise or not", () => {
  const noise = (minute: number) => 20 * Math.sin(minute * 40);
  expect(run(60, { resident: (minute) => 150 + Math.min(minute, 5) * 20 + noise(minute) })).toEqual([]);
});

it.each<[Part, (minute: number) => number, RegExp]>([
  ["resident", (minute) => 150 + minute, /^resident rises by 39\.\d in 40 minutes: 60\.0 an hour$/],
  ["heap", (minute) => 30 + minute / 5, /^heap rises/],
  ["external", (minute) => 20 + minute / 5, /^external rises/],
  ["handles", (minute) => 30 + minute / 5, /^handles rises/],
])("what grows by the minute is not: %s", (part, value, problem) => {
  expect(run(60, { [part]: value })).toEqual([expect.stringMatching(problem)]);
});

it("a short run tells a leak that is plain, and lets a cache fill", () => {
  expect(run(3, { resident: (minute) => 150 + 30 * minute })).toEqual([expect.stringContaining("resident")]);
  expect(run(3, { heap: (minute) => 30 + 3 * minute })).toEqual([expect.stringContaining("heap")]);
  expect(run(3, { heap: (minute) => 30 + minute })).toEqual([]);
});

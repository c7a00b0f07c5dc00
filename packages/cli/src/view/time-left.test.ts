import { expect, it } from "vitest";
import { TimeLeft } from "./time-left.ts";

/** What is shown each half second of some work. @param percentAt of the second. */
function shownDuring(seconds: number, percentAt: (second: number) => number): { at: number; left: number }[] {
  const left = new TimeLeft();
  return Array.from({ length: seconds * 2 }, (_, half) => half / 2).flatMap((at) => {
    left.update(percentAt(at), at * 1000);
    const [, count, unit] = /^about (\d+) (s|min) left$/.exec(left.text(at * 1000)) ?? [];
    return count === undefined ? [] : [{ at, left: Number(count) * (unit === "min" ? 60 : 1) }];
  });
}

it("tells the time left of steady work to the second near the end, and coarsely before", () => {
  for (const { at, left } of shownDuring(200, (second) => second / 2)) {
    const real = 200 - at;
    expect(Math.abs(left - real), `${real}`).toBeLessThanOrEqual(real < 10 ? 1 : real < 90 ? 3 : 31);
  }
});

it("does not jump when the work goes by fits and starts", () => {
  const shown = shownDuring(60, (second) => (Math.floor(second / 4) * 4 + (Math.floor(second / 4) % 2) * 2) / 0.6);
  expect(shown.length).toBeGreaterThan(100);
  for (const [index, { left }] of shown.entries()) {
    const before = shown[index - 1]?.left ?? left;
    expect(left - before, `${before} to ${left}`).toBeLessThanOrEqual(5);
    expect(before - left, `${before} to ${left}`).toBeLessThanOrEqual(10);
  }
});

it("says nothing while nothing is known, at the end, and when the work starts over", () => {
  const left = new TimeLeft();
  expect(left.text(0)).toBe("");
  left.update(0, 0);
  left.update(20, 500);
  expect(left.text(500)).toBe("");
  left.update(50, 10_000);
  expect(left.text(10_000)).toBe("about 10 s left");
  expect(left.text(14_000)).toBe("about 6 s left");
  expect(left.text(60_000)).toBe("about 1 s left");
  left.update(5, 61_000);
  expect(left.text(61_000)).toBe("");
  left.update(100, 90_000);
  expect(left.text(90_000)).toBe("");
});

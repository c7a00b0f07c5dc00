import { expect, it } from "vitest";
import { parseSince } from "./since.ts";

it.each([
  ["90s", 90_000],
  ["30m", 1_800_000],
  ["1h", 3_600_000],
  ["2d", 172_800_000],
])("%s is so long ago", (text, ms) => {
  const now = Date.now();
  expect(Math.abs(now - parseSince(text) - ms)).toBeLessThan(1000);
});

it("takes a time as well, and says what it takes", () => {
  expect(parseSince("2018-10-31T02:52Z")).toBe(Date.UTC(2018, 9, 31, 2, 52));
  expect(() => parseSince("1 hour")).toThrow(/not a time: "1 hour".*30m, 1h, 2d/);
});

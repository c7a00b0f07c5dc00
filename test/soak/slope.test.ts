import { expect, it } from "vitest";
import { flatness } from "./slope.ts";

const run = (minutes: number, megabytes: (minute: number) => number, handles: (minute: number) => number) =>
  flatness(
    Array.from({ length: minutes * 12 }, (_, index) => {
      const minute = index / 12;
      return { minutes: minute, megabytes: megabytes(minute), handles: handles(minute) };
    }),
  );

it("what warms up and then stays is flat, noise or not", () => {
  const noise = (minute: number) => 20 * Math.sin(minute * 40);
  expect(
    run(
      60,
      (minute) => 150 + Math.min(minute, 5) * 20 + noise(minute),
      () => 30,
    ).problems,
  ).toEqual([]);
});

it("what grows by the minute is not, be it memory or open files", () => {
  expect(
    run(
      60,
      (minute) => 150 + minute,
      () => 30,
    ).problems,
  ).toEqual([expect.stringMatching(/^megabytes rise by 39\.\d in 40 minutes: 60\.0 an hour$/)]);
  expect(
    run(
      60,
      () => 150,
      (minute) => 30 + minute / 5,
    ).problems,
  ).toEqual([expect.stringContaining("handles rise")]);
});

it("a short run tells a leak that is plain", () => {
  expect(
    run(
      3,
      (minute) => 150 + 40 * minute,
      () => 30,
    ).problems,
  ).toEqual([expect.stringContaining("megabytes")]);
  expect(
    run(
      3,
      (minute) => 150 + minute,
      () => 30,
    ).problems,
  ).toEqual([]);
});

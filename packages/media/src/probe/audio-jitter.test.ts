import { describe, expect, it } from "vitest";
import { audioJitter } from "./audio-jitter.ts";

const RATE = 48_000;
const packet = 1024 / RATE;
const steady = Array.from({ length: 700 }, (_, i) => 0.003 + i * packet);

describe("the jitter of audio packets", () => {
  it("is how far times fall behind and come back", () => {
    // As a phone wrote them: packets said to be short, and every few of them a long one.
    const lengths = steady.map((_, i) => ((i % 15) % 8 === 6 ? 1440 : 960));
    let at = 0;
    const starts = lengths.map((length) => {
      at += length;
      return at / RATE;
    });
    expect(audioJitter(starts, RATE)).toBeCloseTo((7 * 64) / RATE, 2);
    expect(audioJitter(starts, RATE / 2)).toBe(0);
  });

  it.each<[string, (seconds: number, index: number) => number]>([
    ["steady times", (seconds) => seconds],
    ["rounded times", (seconds) => Math.round(seconds * 1000) / 1000],
    ["a clock that drifts", (seconds) => seconds * 1.0005],
    ["lost packets", (seconds, i) => seconds + Math.floor(i / 90) * packet],
    ["a recorder that jumped back", (seconds, i) => seconds - (i > 300 ? 0.015 : 0)],
    ["a hole and, later, an overlap", (seconds, i) => seconds + (i > 100 && i < 400 ? 0.3 : 0)],
  ])("is none: %s", (_, change) => {
    expect(audioJitter(steady.map(change), RATE)).toBeLessThan(0.0011);
  });

  it("is none of a packet, and of none", () => {
    expect([audioJitter([], RATE), audioJitter([1], RATE)]).toEqual([0, 0]);
  });
});

import fc from "fast-check";
import { expect, it } from "vitest";
import { clockSeconds } from "./clock-cues.ts";
import { clockText } from "./clock-text.ts";

const START = Date.UTC(2026, 0, 1, 12);

it("shows every frame the second in which it was recorded, across joins and gaps, and leaves no time without a text", () => {
  const piece = fc.record({
    pauseMs: fc.integer({ min: 0, max: 5000 }),
    frames: fc.integer({ min: 1, max: 90 }),
    fps: fc.constantFrom(1, 12.5, 25, 30_000 / 1001),
    offMs: fc.double({ min: -0.4, max: 0.4, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 4 }), fc.integer({ min: 0, max: 2000 }), (pieces, ms) => {
      const anchors: { seconds: number; wallMs: number }[] = [];
      const frames: { seconds: number; wallMs: number }[] = [];
      let [seconds, wallMs] = [0, START + ms];
      for (const { pauseMs, frames: count, fps, offMs } of pieces) {
        wallMs += pauseMs;
        anchors.push({ seconds, wallMs: wallMs + offMs });
        for (let i = 0; i < count; i++)
          frames.push({ seconds: seconds + i / fps, wallMs: wallMs + offMs + (i * 1000) / fps });
        seconds += count / fps;
        wallMs += (count * 1000) / fps;
      }
      const shown = clockSeconds(
        anchors,
        seconds,
        frames.map((frame) => frame.seconds),
      );
      for (const frame of frames) {
        const cue = shown.find(
          ({ fromSeconds, toSeconds }) => fromSeconds <= frame.seconds && frame.seconds < toSeconds,
        );
        // Half a millisecond before a second, to the microsecond: either of the two.
        if (Math.abs(((frame.wallMs + 0.5) % 1000) - 500) > 499.999) continue;
        expect(cue?.wallMs).toBe(Math.floor((frame.wallMs + 0.5) / 1000) * 1000);
      }
      expect(shown[0]?.fromSeconds).toBe(0);
      expect(shown.at(-1)?.toSeconds).toBe(seconds);
      for (const [i, { fromSeconds, toSeconds }] of shown.entries()) {
        expect(toSeconds).toBeGreaterThan(fromSeconds);
        if (i > 0) expect(fromSeconds).toBe(shown[i - 1]?.toSeconds);
      }
    }),
  );
});

it("goes on while one frame stands", () => {
  const shown = clockSeconds([{ seconds: 0, wallMs: START + 500 }], 3, [0]);
  expect(shown.map(({ fromSeconds, wallMs }) => [fromSeconds, wallMs - START])).toEqual([
    [0, 0],
    [0.5, 1000],
    [1.5, 2000],
    [2.5, 3000],
  ]);
});

it("writes the time of a zone, and tells the two half past two of an autumn night apart", () => {
  const text = clockText({ zone: "Europe/Paris", name: "Süd 1" });
  expect(text(Date.UTC(2018, 9, 28, 0, 30))).toBe("2018-10-28 02:30:00 +02:00  Süd 1");
  expect(text(Date.UTC(2018, 9, 28, 1, 30))).toBe("2018-10-28 02:30:00 +01:00  Süd 1");
  expect(clockText({ zone: "UTC", name: "" })(Date.UTC(2018, 9, 28, 0, 30))).toBe("2018-10-28 00:30:00 UTC");
});

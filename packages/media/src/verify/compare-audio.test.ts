import { expect, it } from "vitest";
import { audioProblem, LOOK_AROUND_SECONDS } from "./compare-audio.ts";
import { RATE } from "./decode-audio.ts";

const SECONDS = 0.2;

/** A stretch with a tone from an instant on, and silence before; the source's begins earlier, and ends later. */
function tone(fromSeconds: number, until = SECONDS, start = 0): Int16Array {
  return Int16Array.from({ length: Math.round((until - start) * RATE) }, (_, i) => {
    const at = start + i / RATE;
    return at < fromSeconds ? 0 : 9000 * Math.sin(2 * Math.PI * 440 * (at - fromSeconds));
  });
}

const recorded = (fromSeconds: number) => tone(fromSeconds, SECONDS + LOOK_AROUND_SECONDS, -LOOK_AROUND_SECONDS);

it("is content where a tone begins at the edge of the stretch, and in the clip right behind it", () => {
  expect(audioProblem(tone(SECONDS + 0.004), recorded(SECONDS - 0.004))).toBeUndefined();
});

it("notices a tone that the clip does not have", () => {
  expect(audioProblem(tone(SECONDS), recorded(SECONDS - 0.05))).toMatch(/silent/);
});

it("notices a tone that begins 60 ms late", () => {
  expect(audioProblem(tone(0.12), recorded(0.06))).toMatch(/late/);
  expect(audioProblem(tone(0.065), recorded(0.06))).toBeUndefined();
});

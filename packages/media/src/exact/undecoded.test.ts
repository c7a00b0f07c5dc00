import fc from "fast-check";
import { expect, it } from "vitest";
import { nearestIn } from "./undecoded.ts";

it("a frame is found by its time, however that was rounded", () => {
  const frameOf = nearestIn([0, 0.0405, 0.0805, 0.0805, 0.5]);
  expect([-1, 0.0404999, 0.0405001, 0.0805, 9].map(frameOf)).toEqual([0, 1, 1, 2, 3]);
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 4, max: 400 }), { minLength: 1 }),
      fc.double({ min: -1, max: 1, noNaN: true }),
      (steps, off) => {
        const times = steps.map((_, i) => steps.slice(0, i + 1).reduce((sum, step) => sum + step, 0) / 1000);
        const found = nearestIn(times);
        times.forEach((time, index) => {
          expect(found(time + off / 1000)).toBe(index);
        });
      },
    ),
  );
});

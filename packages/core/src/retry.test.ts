import { derivedId } from "@camclips/events";
import fc from "fast-check";
import { expect, it } from "vitest";
import { backoffSeconds, RetryLater } from "./retry.ts";

it("doubles with every attempt, up to a quarter of an hour, with jitter between half and all of it", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 600 }),
      fc.integer({ min: 1, max: 2000 }),
      fc.string(),
      (base, attempt, name) => {
        const seconds = backoffSeconds(base, attempt, derivedId(name));
        const full = Math.min(900, base * 2 ** (attempt - 1));
        expect(seconds).toBeGreaterThanOrEqual(full / 2);
        expect(seconds).toBeLessThanOrEqual(full);
      },
    ),
  );
});

it("is the same for a redelivery, so that its schedule has the same instant", () => {
  expect(backoffSeconds(15, 3, derivedId("a"))).toBe(backoffSeconds(15, 3, derivedId("a")));
  expect(backoffSeconds(15, 3, derivedId("a"))).not.toBe(backoffSeconds(15, 3, derivedId("b")));
});

it("says why and when", () => {
  const cause = new Error("down");
  const error = new RetryLater("CAMERA_SERVICE_UNAVAILABLE", 15, { cause });
  expect(error.message).toBe("CAMERA_SERVICE_UNAVAILABLE: again in about 15 s");
  expect(error.cause).toBe(cause);
});

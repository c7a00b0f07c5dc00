import { id } from "@camclips/events";
import { expect, it } from "vitest";
import { clipIdOf } from "./clip-id.ts";

const clip = { camera: "front", start: 1_540_954_320_051, end: 1_540_954_330_051, gapPolicy: "SKIP_GAPS" as const };

it("names a clip after its camera and times, and after what was asked beyond that", () => {
  expect(clipIdOf(clip)).toBe("front-20181031T025200051-20181031T025210051");
  expect(clipIdOf({ ...clip, gapPolicy: "HOLD_LAST_FRAME", precision: "exact" })).toBe(
    "front-20181031T025200051-20181031T025210051-hold_last_frame-exact",
  );
  expect(clipIdOf({ ...clip, priority: "high" })).toBe(clipIdOf(clip));
});

it("takes cameras with names of any script", () => {
  expect(clipIdOf({ ...clip, camera: "Süd #1" })).toBe("Süd #1-20181031T025200051-20181031T025210051");
  for (const camera of ["前".repeat(66), "# ".repeat(33)])
    expect(id.safeParse(clipIdOf({ ...clip, camera })).success).toBe(true);
});

it("keeps clips of cameras with the longest names apart, by ids that are none too long", () => {
  const named = (last: string) =>
    clipIdOf({ ...clip, camera: "c".repeat(127) + last, gapPolicy: "HOLD_LAST_FRAME", precision: "exact" });
  expect(id.safeParse(named("a")).success).toBe(true);
  expect(named("a")).not.toBe(named("b"));
});

import { expect, it } from "vitest";
import { queuesAhead, retryAfterSeconds, waitSeconds } from "./admission.ts";

const rules = { CLIP_WORK_LIMIT: 3600 };

it("a request waits for what lies in the queues ahead of it, at the pace of their functions", () => {
  expect(waitSeconds(() => 0)).toBe(0);
  // 50 functions of 4 s each.
  expect(waitSeconds((stage) => (stage === "render-clip" ? 12_500 : 0))).toBe(1000);
  expect(queuesAhead.map(({ stage }) => stage)).toEqual([
    "locate-sources",
    "download-sources",
    "render-clip",
    "render-thumbnails",
  ]);
});

it("is let in while it would wait for at most half of the time for work", () => {
  expect(retryAfterSeconds(0, 0, rules)).toBeUndefined();
  expect(retryAfterSeconds(1800, 0, rules)).toBeUndefined();
  expect(retryAfterSeconds(1801, 0, rules)).toBeGreaterThan(0);
});

it("is told to ask again once half of that is left, and not with all others at once", () => {
  expect(retryAfterSeconds(2000, 0, rules)).toBe(1100);
  expect(retryAfterSeconds(2000, 0.999, rules)).toBe(1650);
  expect(retryAfterSeconds(31, 0, { CLIP_WORK_LIMIT: 60 })).toBe(60);
});

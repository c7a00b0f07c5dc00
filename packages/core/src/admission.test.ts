import { expect, it } from "vitest";
import { queuesAhead, retryAfterSeconds, waitSeconds } from "./admission.ts";

const rules = { CLIP_WORK_LIMIT: 3600 };

it("a request waits for what lies in the queues ahead of it, at the pace of their functions", () => {
  expect(waitSeconds(() => 0)).toBe(0);
  // 50 functions of 3 s each.
  expect(waitSeconds((stage) => (stage === "render-clip" ? 12_500 : 0))).toBe(750);
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

it("a request in a lane waits for what lies in that lane's queues, and in those of stages without lanes", () => {
  // 20 functions of 3 s in the high lane.
  const waiting = (stage: string, lane?: string) => (stage === "render-clip" && lane === "high" ? 100 : 0);
  expect(waitSeconds(waiting)).toBe(0);
  expect(waitSeconds(waiting, "high")).toBe(15);
  expect(waitSeconds((stage) => (stage === "render-thumbnails" ? 1000 : 0), "high")).toBe(20);
});

it("whoever lets others pass is refused first, whoever passes them last", () => {
  const isRefused = (seconds: number) =>
    (["low", "normal", "high"] as const).filter((priority) => retryAfterSeconds(seconds, 0, rules, priority));
  expect([900, 901, 1801, 2161].map(isRefused)).toEqual([[], ["low"], ["low", "normal"], ["low", "normal", "high"]]);
});

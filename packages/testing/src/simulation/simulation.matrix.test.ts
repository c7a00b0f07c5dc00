import type { Priority } from "@camclips/events";
import { describe, expect, it } from "vitest";
import { quantile } from "../../../../tools/bench/load/quantile.ts";
import type { Load } from "./load.ts";
import { type Answer, type Simulated, simulate } from "./simulate.ts";

/** A small deployment: 2,400 clips an hour. The times are short, so that queues are full within minutes. */
const small: Load = {
  clipsPerHour: 2400,
  minutes: 18,
  limits: { "render-clip": 2, "publish-clip": 2 },
  settings: { CLIP_WORK_LIMIT: "300", SQS_RETRY_LIMIT: "60" },
};
const overloaded: Load = { ...small, clipsPerHour: 7200 };

const reasonsOf = ({ answers }: Simulated) => [...new Set(answers.map(({ reason }) => reason))].sort();
const slowest = (answers: readonly Answer[]) => Math.max(...answers.map(({ askedMs, toldMs }) => toldMs - askedMs));

describe("a pipeline that is asked for three times what it can do", () => {
  it("delivers nearly all that it can, and refuses the rest within seconds", async () => {
    const simulated = await simulate(overloaded);
    expect(simulated.goodput).toBeGreaterThan(0.9);
    expect(reasonsOf(simulated)).toEqual(["OVERLOADED", undefined]);
    const refused = simulated.answers.filter(({ reason }) => reason === "OVERLOADED");
    expect(slowest(refused)).toBeLessThan(30_000);
    // Half of the time for work, and what was let in while the counts of the queues were old.
    expect(slowest(simulated.answers)).toBeLessThan(300_000);
    expect(simulated.dropped).toBe(0);
  }, 60_000);

  it("delivers nearly all that it can also where nobody is refused at first", async () => {
    const simulated = await simulate({ ...overloaded, admission: false });
    expect(simulated.goodput).toBeGreaterThan(0.9);
    expect(simulated.answers.every(({ status }) => status !== "none")).toBe(true);
    expect(simulated.dropped).toBeGreaterThan(500);
  }, 60_000);

  it("delivers nearly all that it can also where the work takes ten times as long as the table says", async () => {
    const slow = { "render-clip": 30 };
    const settings = { CLIP_WORK_LIMIT: "900", SQS_RETRY_LIMIT: "60" };
    const load = { clipsPerHour: 3600, minutes: 25, limits: { "render-clip": 10 }, takesSeconds: slow, settings };
    const simulated = await simulate(load);
    expect(simulated.goodput).toBeGreaterThan(0.9);
    expect(simulated.answers.every(({ status }) => status !== "none")).toBe(true);
  }, 60_000);
});

describe("lanes, while three times as much is asked for as can be done", () => {
  const limits = { ...small.limits, "render-clip/high": 2, "render-clip/low": 2 };
  const priorities = { high: 0.08, low: 0.2 };
  const delivered = ({ answers }: Simulated, priority: Priority) =>
    answers.filter((answer) => answer.priority === priority && answer.status === "CLIP_AVAILABLE");
  const p95 = (answers: readonly Answer[]) =>
    quantile(
      answers.map(({ askedMs, toldMs }) => toldMs - askedMs),
      0.95,
    );

  it("deliver urgent clips nearly as soon as on a quiet day, and let nobody starve", async () => {
    const idle = await simulate({ ...small, limits, priorities, clipsPerHour: 800, minutes: 60 });
    const busy = await simulate({ ...overloaded, limits, priorities, clipsPerHour: 9000 });
    const asked = (priority: Priority) => busy.answers.filter((answer) => answer.priority === priority).length;
    expect(delivered(busy, "high")).toHaveLength(asked("high"));
    expect(p95(delivered(busy, "high"))).toBeLessThan(2 * p95(delivered(idle, "high")));
    expect(delivered(busy, "low").length).toBeGreaterThan(0.8 * asked("low"));
    // What the usual queues do is what they do without lanes.
    expect(delivered(busy, "normal").length / (busy.capacityPerHour * 0.3)).toBeGreaterThan(0.9);
    expect(reasonsOf(busy)).toEqual(["OVERLOADED", undefined]);
  }, 60_000);

  it("are no use to a crowd: where all are in a hurry, they take the usual way, too", async () => {
    const crowd = await simulate({ ...overloaded, limits, priorities: { high: 1 } });
    const stages = new Map(crowd.stages.map(({ stage, busy, limit }) => [stage, busy / limit]));
    expect(stages.get("render-clip")).toBeGreaterThan(0.8);
    expect(stages.get("render-clip/high")).toBeGreaterThan(0.8);
  }, 60_000);
});

it("refuses nobody while it can do what it is asked for", async () => {
  const simulated = await simulate({ ...small, clipsPerHour: 1600 });
  expect(reasonsOf(simulated)).toEqual([undefined]);
  expect(simulated.goodput).toBeGreaterThan(0.9);
});

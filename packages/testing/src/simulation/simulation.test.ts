import { describe, expect, it } from "vitest";
import type { Load } from "./load.ts";
import { type Answer, type Simulated, simulate } from "./simulate.ts";

/** A small deployment: 1,800 clips an hour. The times are short, so that queues are full within minutes. */
const small: Load = {
  clipsPerHour: 1800,
  minutes: 18,
  limits: { "render-clip": 2, "publish-clip": 2 },
  settings: { CLIP_WORK_LIMIT: "300", SQS_RETRY_LIMIT: "60" },
};
const overloaded: Load = { ...small, clipsPerHour: 5400 };

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
    const slow = { "render-clip": 40 };
    const settings = { CLIP_WORK_LIMIT: "900", SQS_RETRY_LIMIT: "60" };
    const load = { clipsPerHour: 2700, minutes: 25, limits: { "render-clip": 10 }, takesSeconds: slow, settings };
    const simulated = await simulate(load);
    expect(simulated.goodput).toBeGreaterThan(0.9);
    expect(simulated.answers.every(({ status }) => status !== "none")).toBe(true);
  }, 60_000);
});

it("refuses nobody while it can do what it is asked for", async () => {
  const simulated = await simulate({ ...small, clipsPerHour: 1200 });
  expect(reasonsOf(simulated)).toEqual([undefined]);
  expect(simulated.goodput).toBeGreaterThan(0.9);
});

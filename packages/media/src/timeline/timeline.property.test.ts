import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RenderJob } from "../media-engine.ts";
import type { MediaProbe } from "../probe/probe.ts";
import { planTimeline } from "./timeline.ts";

interface Part {
  fps: number;
  frames: number;
  gapMs: number;
  zeroSeconds: number;
}

const part: fc.Arbitrary<Part> = fc.record({
  fps: fc.constantFrom(10, 12.5, 25, 30_000 / 1001, 30),
  frames: fc.integer({ min: 1, max: 200 }),
  gapMs: fc.constantFrom(0, 7, 40, 200, 1000, 1500, 10_000),
  zeroSeconds: fc.constantFrom(0, 0.48, 3),
});

/** Recordings after each other, the clip's edges anywhere around them. */
function jobFrom(parts: Part[], edges: [number, number], gapPolicy: RenderJob["gapPolicy"]) {
  const sources: RenderJob["sources"] = [];
  const probes: MediaProbe[] = [];
  let atMs = 1_000_000;
  for (const { fps, frames, gapMs, zeroSeconds } of parts) {
    const times = Array.from({ length: frames }, (_, index) => zeroSeconds + index / fps);
    const endMs = atMs + (frames * 1000) / fps;
    sources.push({ path: "a.mp4", zeroMs: atMs - zeroSeconds * 1000, fromMs: atMs, toMs: endMs });
    probes.push({
      video: { codec: "h264", width: 160, height: 90, sampleAspect: 1, times },
      audio: undefined,
      damaged: false,
    });
    atMs = endMs + gapMs;
  }
  const [a, b] = edges.map((edge) => 999_000 + edge * (atMs - 998_000));
  const [startMs, endMs] = [Math.floor(Math.min(a ?? 0, b ?? 0)), Math.ceil(Math.max(a ?? 0, b ?? 0)) + 1];
  const job: RenderJob = {
    sources,
    startMs,
    endMs,
    gapPolicy,
    joinToleranceMs: 1000,
    precision: "exact",
    output: "c.mp4",
  };
  return { job, probes };
}

const unit = fc.double({ min: 0, max: 1, noNaN: true });
const policy = fc.constantFrom("SKIP_GAPS" as const, "HOLD_LAST_FRAME" as const, "FILL_WITH_BLACK" as const);
const cases = fc.tuple(fc.array(part, { minLength: 1, maxLength: 4 }), fc.tuple(unit, unit), policy);

function forEveryPlan(
  check: (plan: NonNullable<ReturnType<typeof planTimeline>>, job: RenderJob, all: number[]) => void,
) {
  fc.assert(
    fc.property(cases, ([parts, edges, gapPolicy]) => {
      const { job, probes } = jobFrom(parts, edges, gapPolicy);
      const plan = planTimeline(job, probes);
      const all = job.sources.flatMap(({ zeroMs, fromMs, toMs }, index) => {
        const walls = (probes[index]?.video.times ?? []).map((time) => zeroMs + time * 1000);
        const [from, to] = [Math.max(fromMs, job.startMs) - 0.5, Math.min(toMs, job.endMs) - 0.5];
        return walls.filter((wallMs) => wallMs >= from && wallMs < to);
      });
      if (plan === undefined) expect(all).toEqual([]);
      else check(plan, job, all);
    }),
    { numRuns: 300 },
  );
}

describe("for any recordings, edges and gap policy, the plan", () => {
  it("shows every frame of the range once", () => {
    forEveryPlan((plan, _, all) => {
      const own = plan.expected.filter(({ source }) => source !== undefined);
      expect(own.map(({ wallMs }) => wallMs)).toEqual(all);
    });
  });

  it("starts at 0, goes forward, and ends with its last frame", () => {
    forEveryPlan((plan) => {
      const times = plan.expected.map(({ seconds }) => seconds);
      expect(times[0]).toBeCloseTo(0, 6);
      for (const [index, time] of times.entries()) if (index > 0) expect(time).toBeGreaterThan(times[index - 1] ?? 0);
      expect(plan.durationSeconds).toBeGreaterThan(times.at(-1) ?? 0);
    });
  });

  it("accounts for every instant of the range as delivered or missing", () => {
    forEveryPlan((plan, job) => {
      const gaps = plan.gaps.map(({ startMs, endMs }): [number, number] => [startMs, endMs]);
      const parts = [...plan.delivered, ...gaps].sort((a, b) => a[0] - b[0]);
      const edge = plan.intervalSeconds * 1000 * 3;
      expect(Math.abs((parts[0]?.[0] ?? 0) - job.startMs)).toBeLessThan(edge);
      expect(Math.abs((parts.at(-1)?.[1] ?? 0) - job.endMs)).toBeLessThan(edge);
      for (const [index, [startMs]] of parts.entries()) {
        if (index > 0) expect(Math.abs(startMs - (parts[index - 1]?.[1] ?? 0))).toBeLessThan(1);
      }
    });
  });

  it("keeps the wall clock where gaps are filled", () => {
    forEveryPlan((plan, job) => {
      if (job.gapPolicy === "SKIP_GAPS") return;
      const zeroMs = (plan.expected[0]?.wallMs ?? 0) as number;
      for (const { seconds, wallMs, source } of plan.expected) {
        if (source !== undefined) expect(zeroMs + seconds * 1000).toBeCloseTo(wallMs, 3);
      }
    });
  });
});

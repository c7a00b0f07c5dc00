import { type PipelineStage, pipeline } from "@camclips/events";

/**
 * A model of the pipeline on AWS: every stage is a queue in front of a bounded number of functions. Arrivals are Poisson,
 * service times are exponential around the measured means, so that queues form as they would. It answers where a rate
 * breaks first and what concurrency would carry it.
 */

/** Mean duration of a stage on Lambda, ms, for a 60 s clip cut the smart way. Sources: docs/scale.md. */
export const SERVICE_MS: Record<string, number> = {
  "accept-request": 120,
  "locate-sources": 300,
  "download-sources": 1_500,
  "render-clip": 4_000,
  "render-thumbnails": 1_200,
  "publish-clip": 250,
};

interface StageLoad {
  stage: string;
  /** Mean number of functions at work. */
  busy: number;
  limit: number;
  /** Longest queue in front of the stage. */
  longestQueue: number;
}

export interface Simulated {
  clipsPerHour: number;
  stages: StageLoad[];
  latencyMs: { p50: number; p99: number };
  /** Whether queues keep growing: more work comes than the limits let through. */
  saturated: boolean;
}

const spine = pipeline.filter(({ stage }) => stage in SERVICE_MS) as readonly PipelineStage[];

/** @param limits concurrency by stage, in place of the table's. */
export function simulate(
  clipsPerHour: number,
  minutes: number,
  seed = 1,
  limits: Record<string, number> = {},
): Simulated {
  const random = generator(seed);
  const horizonMs = minutes * 60_000;
  const arrivals: number[] = [];
  for (
    let at = exponential(3_600_000 / clipsPerHour, random);
    at < horizonMs;
    at += exponential(3_600_000 / clipsPerHour, random)
  )
    arrivals.push(at);

  let ready = arrivals.map((at) => ({ bornMs: at, readyMs: at }));
  const stages = spine.map((row) => {
    const limit = limits[row.stage] ?? row.concurrency;
    const served = serve(ready, limit, SERVICE_MS[row.stage] ?? 0, random);
    ready = served.done;
    return { stage: row.stage, busy: served.busyMs / horizonMs, limit, longestQueue: served.longestQueue };
  });
  const latencies = ready.map(({ bornMs, readyMs }) => readyMs - bornMs).sort((a, b) => a - b);
  const at = (share: number) => Math.round(latencies[Math.floor(share * (latencies.length - 1))] ?? 0);
  return {
    clipsPerHour,
    stages,
    latencyMs: { p50: at(0.5), p99: at(0.99) },
    saturated: stages.some(({ busy, limit }) => busy > 0.95 * limit),
  };
}

interface Job {
  bornMs: number;
  readyMs: number;
}

/** First come, first served, by `limit` functions. */
function serve(jobs: Job[], limit: number, meanMs: number, random: () => number) {
  const free = new Float64Array(limit);
  const starts: number[] = [];
  let busyMs = 0;
  let longestQueue = 0;
  let head = 0;
  const done = jobs
    .toSorted((a, b) => a.readyMs - b.readyMs)
    .map(({ bornMs, readyMs }) => {
      const server = free.indexOf(free.reduce((least, at) => Math.min(least, at), Number.POSITIVE_INFINITY));
      const startMs = Math.max(readyMs, free[server] ?? 0);
      const tookMs = exponential(meanMs, random);
      free[server] = startMs + tookMs;
      busyMs += tookMs;
      starts.push(startMs);
      while ((starts[head] ?? Number.POSITIVE_INFINITY) <= readyMs) head += 1;
      longestQueue = Math.max(longestQueue, starts.length - head);
      return { bornMs, readyMs: startMs + tookMs };
    });
  return { done, busyMs, longestQueue };
}

const exponential = (mean: number, random: () => number): number => -mean * Math.log(1 - random());

/** Mulberry32: small, seeded, good enough for queues. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
}

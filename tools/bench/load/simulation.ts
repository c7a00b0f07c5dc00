import type { Load } from "../../../packages/testing/src/simulation/load.ts";
import { type Simulated, simulate } from "../../../packages/testing/src/simulation/simulate.ts";
import { quantile } from "./quantile.ts";

/** What a load comes to on AWS, by the real stages in simulated time. */
export interface Report {
  clipsPerHour: number;
  stages: Simulated["stages"];
  capacityPerHour: number;
  /** Delivered of what could be, over the second half of the load. */
  goodput: number;
  /** Of the clips that were asked for, by what they were told. */
  told: Record<string, number>;
  /** Message to told, of delivered clips and of refused ones. */
  latencyMs: Record<"delivered" | "refused", { p50: number; p99: number } | null>;
  /** Those that were asked for; times are message to told, of delivered clips. */
  byPriority: Record<string, { asked: number; delivered: number; p50: number; p95: number }>;
}

export async function reportOf(load: Load): Promise<Report> {
  const { answers, stages, capacityPerHour, goodput } = await simulate(load);
  const told: Record<string, number> = {};
  for (const { status, reason } of answers) {
    const name = reason ? `${status} ${reason}` : status;
    told[name] = (told[name] ?? 0) + 1;
  }
  const latencies = (isDelivered: boolean) => {
    const own = answers.filter(({ status }) => (status === "CLIP_AVAILABLE") === isDelivered);
    const ms = own.map(({ askedMs, toldMs }) => toldMs - askedMs);
    return ms.length === 0 ? null : { p50: quantile(ms, 0.5), p99: quantile(ms, 0.99) };
  };
  const latencyMs = { delivered: latencies(true), refused: latencies(false) };
  const byPriority = Object.fromEntries(
    [...Map.groupBy(answers, ({ priority }) => priority)].map(([priority, own]) => {
      const delivered = own.filter(({ status }) => status === "CLIP_AVAILABLE");
      const ms = delivered.map(({ askedMs, toldMs }) => toldMs - askedMs);
      const times = { p50: quantile(ms, 0.5), p95: quantile(ms, 0.95) };
      return [priority, { asked: own.length, delivered: delivered.length, ...times }];
    }),
  );
  return { clipsPerHour: load.clipsPerHour, stages, capacityPerHour, goodput, told, latencyMs, byPriority };
}

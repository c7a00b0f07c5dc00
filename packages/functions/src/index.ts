export type { Deps, Log, Metrics, MetricUnit, Scratch } from "./deps.ts";
export { createScratch, sweepScratch } from "./scratch.ts";
export { processMessage, type Stage, type StageMessage } from "./stage.ts";

import { pipeline } from "@camclips/events";
import { UsageError } from "../exit-codes.ts";

export const pipelineStages: readonly string[] = pipeline.map(({ stage }) => stage);

/** Before anything is asked of anybody. @throws UsageError for a stage that no pipeline has. */
export function checkPipelineStage(stage: string): void {
  if (!pipelineStages.includes(stage)) throw unknownStage(stage, pipelineStages);
}

export const unknownStage = (stage: string, names: readonly string[]): UsageError =>
  new UsageError(`no stage "${stage}" in the pipeline: ${names.join(", ")}`);

import { pipeline } from "@camclips/events";
import { UsageError } from "../exit-codes.ts";

/** Before anything is asked of anybody. @throws UsageError for a stage that no pipeline has. */
export function checkPipelineStage(stage: string): void {
  const names = pipeline.map((row): string => row.stage);
  if (!names.includes(stage)) throw unknownStage(stage, names);
}

export const unknownStage = (stage: string, names: readonly string[]): UsageError =>
  new UsageError(`no stage "${stage}" in the pipeline: ${names.join(", ")}`);

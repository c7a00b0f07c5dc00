import { pipeline, type StageName } from "@camclips/events";
import type { Deps, StageHandler } from "@camclips/functions";

/** Loads every stage of the table; a stage lies in the file of its name, under its name in camel case. */
export async function loadStages(): Promise<Map<StageName, StageHandler<Deps>>> {
  const stages = new Map<StageName, StageHandler<Deps>>();
  for (const { stage } of pipeline) {
    const module: Record<string, unknown> = await import(`@camclips/functions/${stage}`);
    const found = module[camelCase(stage)] as StageHandler<Deps> | undefined;
    if (!found) throw new Error(`packages/functions/src/stages/${stage}.ts exports no ${camelCase(stage)}`);
    stages.set(stage, found);
  }
  return stages;
}

const camelCase = (name: string): string => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

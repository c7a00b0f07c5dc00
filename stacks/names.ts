/// <reference path="../.sst/platform/config.d.ts" />
import type { Place } from "./place.ts";

/** An archive's name (48 characters, the shortest limit among ours) and the longest suffix leave this much. */
const LONGEST_STAGE = 30;

/**
 * Physical name of one of the stage's resources. Names are fixed rather than random, so that an operator reads
 * `camclips-staging-render-clip-dlq` in an alarm; buckets alone, whose names are global, keep SST's random ending.
 */
export function nameOf(part: string): string {
  if ($app.stage.length > LONGEST_STAGE)
    throw new Error(`The stage name "${$app.stage}" is longer than ${LONGEST_STAGE} characters.`);
  return `${$app.name}-${$app.stage}-${part}`;
}

/** Of a resource whose name is the account's in all regions: one stage can be deployed to several. */
export function globalNameOf(part: string, { region }: Place): string {
  return `${nameOf(part)}-${region}`;
}

/** Logical name: `render-clip` becomes `RenderClip`. */
export function logicalName(part: string): string {
  return part.replace(/(?:^|-)(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** What the functions of this stage call themselves in logs, and the `service` dimension of their metrics. */
export function serviceName(): string {
  return `${$app.name}-${$app.stage}`;
}

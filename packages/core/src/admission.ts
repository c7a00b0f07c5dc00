import { type PipelineStage, pipeline, type Settings, type StageName } from "@camclips/events";

/** Which requests are let in while more work comes than can be done. */

/** The stages whose work is limited and can be too late: their queues are what a new request has to wait for. */
export const queuesAhead = (pipeline as readonly (PipelineStage & { stage: StageName })[]).filter(
  ({ leastSeconds }) => leastSeconds > 0,
);

/**
 * How long a request that is accepted now waits for its turns, about.
 * @param waiting messages in the queue of each of the rows.
 */
export function waitSeconds(waiting: (stage: StageName) => number, rows = queuesAhead): number {
  return rows.reduce(
    (sum, { stage, typicalSeconds, concurrency }) => sum + (waiting(stage) * typicalSeconds) / concurrency,
    0,
  );
}

/** What is waited for longer than this share of the time for work is refused: the estimate may be wrong by a factor of two. */
const LONGEST_SHARE = 0.5;
const SOONEST_SECONDS = 60;

/**
 * When to ask again: once half of what is too much has been done, and not all callers at once.
 * @param share in [0, 1), of this caller.
 * @returns seconds; undefined when the request is let in.
 */
export function retryAfterSeconds(
  waitSeconds: number,
  share: number,
  { CLIP_WORK_LIMIT }: Pick<Settings, "CLIP_WORK_LIMIT">,
): number | undefined {
  const longest = CLIP_WORK_LIMIT * LONGEST_SHARE;
  if (waitSeconds <= longest) return undefined;
  const until = Math.max(SOONEST_SECONDS, waitSeconds - longest / 2);
  return Math.ceil(until * (1 + share / 2));
}

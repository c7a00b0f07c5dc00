import {
  type Lane,
  type PipelineStage,
  type Priority,
  pipeline,
  type Settings,
  type StageName,
} from "@camclips/events";

/** Which requests are let in while more work comes than can be done. */

/** The stages whose work is limited and can be too late: their queues are what a new request has to wait for. */
export const queuesAhead = (pipeline as readonly (PipelineStage & { stage: StageName })[]).filter(
  ({ leastSeconds }) => leastSeconds > 0,
);

/**
 * How long a request that is accepted now waits for its turns, about.
 * @param waiting messages in the queue of each of the rows, or of its lane where it has that.
 */
export function waitSeconds(
  waiting: (stage: StageName, lane: Lane | undefined) => number,
  lane?: Lane,
  rows = queuesAhead,
): number {
  return rows.reduce((sum, { stage, typicalSeconds, concurrency, lanes }) => {
    const own = lane && lanes[lane];
    return sum + (waiting(stage, own ? lane : undefined) * typicalSeconds) / (own ?? concurrency);
  }, 0);
}

/**
 * What is waited for longer than this share of the time for work is refused: the estimate may be wrong by a factor of two. Who
 * lets others pass is refused first; where queues are shared, some room stays for who passes them.
 */
const LONGEST_SHARE: Record<Priority, number> = { low: 0.25, normal: 0.5, high: 0.6 };
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
  priority: Priority = "normal",
): number | undefined {
  const longest = CLIP_WORK_LIMIT * LONGEST_SHARE[priority];
  if (waitSeconds <= longest) return undefined;
  const until = Math.max(SOONEST_SECONDS, waitSeconds - longest / 2);
  return Math.ceil(until * (1 + share / 2));
}

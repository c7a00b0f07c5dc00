import { type ClipRecords, type Clock, firstSentMs, requestKey, rerunEntry, terminalEntry } from "@camclips/core";
import { type AnyEvent, type PipelineStage, pipeline, type Reason } from "@camclips/events";
import * as z from "zod/mini";
import { getEntry, putEntryOnce } from "./entries.ts";
import { decided, isCancelled } from "./terminal.ts";

const worked = z.object({ event: z.string() });

export interface Pointless {
  why: string;
  /** What the clip is to be told, where nobody else will tell it in time. */
  reason?: Reason;
}

/**
 * Keeps work out that would be for nothing: the clip has its terminal status, it could not be done by the deadline, the same
 * rerun is at the same clip already, or an operator cancelled what a rerun would make.
 * @returns undefined for work that is to be done.
 */
export async function whyPointless(
  row: PipelineStage,
  event: AnyEvent,
  { records, clock, receiveCount }: { records: ClipRecords; clock: Clock; receiveCount: number },
  signal: AbortSignal,
): Promise<Pointless | undefined> {
  if (row.leastSeconds === 0 || !("request" in event.data)) return undefined;
  const { clipId, id, deadlineAt, rerun } = event.metadata;
  const key = requestKey(event.data.request);
  const over = await whyOver(event, records, signal);
  if (over) return { why: over };
  if (rerun) {
    const entry = rerunEntry(clipId, row.stage, key, rerun.id);
    const { stored } = await putEntryOnce(records, entry, worked, { event: id }, { signal });
    return stored.event === id ? undefined : { why: "this rerun is at the clip already" };
  }
  const leftMs = Date.parse(deadlineAt) - clock.now();
  // The deadline has its own watch.
  if (leftMs <= 0) return { why: "the deadline has passed" };
  // What was tried before has a reason of its own to fail.
  const isNew = receiveCount === 1 && event.metadata.attempt === 1;
  const neededSeconds = isNew ? marginSeconds(row, event) : row.leastSeconds;
  if (leftMs >= neededSeconds * 1000) return undefined;
  return { why: "it cannot be done by the deadline", ...(isNew && { reason: "OVERLOADED" as const }) };
}

/** @returns why nobody wants more work on a clip: it has its terminal status, which a rerun may correct unless an operator set it. */
export async function whyOver(
  { data, metadata: { clipId, rerun } }: AnyEvent,
  records: Pick<ClipRecords, "get">,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (!("request" in data)) return undefined;
  const outcome = await getEntry(records, terminalEntry(clipId, requestKey(data.request)), decided, signal);
  if (isCancelled(outcome)) return "the clip was cancelled";
  return outcome && !rerun ? "the clip has its terminal status" : undefined;
}

/** Of a clip's whole time, the most that is kept for stages that take all the time they may. */
const MARGIN_SHARE = 0.2;

/**
 * How long before a clip's deadline a stage begins no work any more. Under overload all that a queue's head holds is about to
 * expire: with less than what the work may take, much would be finished a moment too late. The stages behind need less than
 * those before, or they would drop what those have just begun.
 */
export function marginSeconds({ stage, leastSeconds }: PipelineStage, { data, metadata }: AnyEvent): number {
  if (!("request" in data)) return leastSeconds;
  const wholeSeconds = (Date.parse(metadata.deadlineAt) - firstSentMs(data.request)) / 1000;
  const limited = (pipeline as readonly PipelineStage[]).filter((row) => row.leastSeconds > 0);
  const ahead = limited.slice(limited.findIndex((row) => row.stage === stage));
  const share = Math.min(1, (wholeSeconds * MARGIN_SHARE) / mostSeconds(limited));
  return leastSeconds + mostSeconds(ahead) * Math.max(0, share);
}

const mostSeconds = (rows: readonly PipelineStage[]): number =>
  rows.reduce((sum, { timeoutSeconds }) => sum + timeoutSeconds, 0);

import { type ClipRecords, type Clock, requestKey, rerunEntry, terminalEntry } from "@camclips/core";
import type { AnyEvent, PipelineStage } from "@camclips/events";
import * as z from "zod";
import { getEntry, putEntryOnce } from "./entries.ts";
import { decided, isCancelled } from "./terminal.ts";

const worked = z.object({ event: z.string() });

/**
 * Keeps work out that would be for nothing: the clip has its terminal status, it could not be done by the deadline (whose
 * watch answers the caller), the same rerun is at the same clip already, or an operator cancelled what a rerun would make.
 * @returns why, undefined for work that is to be done.
 */
export async function whyPointless(
  row: PipelineStage,
  event: AnyEvent,
  { records, clock }: { records: ClipRecords; clock: Clock },
  signal: AbortSignal,
): Promise<string | undefined> {
  if (row.leastSeconds === 0 || !("request" in event.data)) return undefined;
  const { clipId, id, deadlineAt, rerun } = event.metadata;
  const key = requestKey(event.data.request);
  const outcome = await getEntry(records, terminalEntry(clipId, key), decided, signal);
  if (rerun) {
    if (isCancelled(outcome)) return "the clip was cancelled";
    const entry = rerunEntry(clipId, row.stage, key, rerun.id);
    const { stored } = await putEntryOnce(records, entry, worked, { event: id }, { signal });
    return stored.event === id ? undefined : "this rerun is at the clip already";
  }
  if (clock.now() + row.leastSeconds * 1000 > Date.parse(deadlineAt)) return "it cannot be done by the deadline";
  return outcome ? "the clip has its terminal status" : undefined;
}

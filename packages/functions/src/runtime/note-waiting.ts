import type { Decision } from "@camclips/core";
import { type AnyEvent, type ClipRequest, followingId, SourcesPending } from "@camclips/events";
import type { Deps } from "./deps.ts";

/**
 * Where new objects wake clips: notes who waits for a camera's footage, before anybody is told so. Footage that lands from now
 * on finds the clip; what landed before was there to be looked at.
 */
export async function noteWaiting(
  decision: Decision,
  { data, metadata }: { data: { request: ClipRequest }; metadata: AnyEvent["metadata"] },
  alias: string,
  { records, settings }: Pick<Deps, "records" | "settings">,
  signal: AbortSignal,
): Promise<void> {
  const { id, deadlineAt, rerun } = metadata;
  // What follows a rerun is the schedule's: its attempts may have been made before.
  if (decision.kind !== "pending" || !settings.EARLY_WAKE || rerun) return;
  const { missing } = decision;
  const pendingId = followingId(id, SourcesPending.type);
  await records.setWaiting({ request: data.request, alias, missing, pendingId, deadlineAt }, signal);
}

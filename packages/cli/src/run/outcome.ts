import { type ClipMetadata, pendingMetadata, requestKey } from "@camclips/core";
import type { AnswerableRequest, AnyEvent, ClipPublished, EventOf, Settings, SourcesPending } from "@camclips/events";

/** What a caller was told about one request. */
export interface Outcome {
  status: ClipMetadata["status"];
  /** Contract, sections 5 and 7. */
  metadata: ClipMetadata;
  nextAttemptMs?: number;
}

/**
 * Finds the status of a request in its clip's history: the terminal one, else that it is pending, else undefined.
 * One clipId may have been asked for twice; only what follows from this very request counts.
 */
export function outcomeOf(
  events: readonly AnyEvent[],
  request: AnswerableRequest,
  bucket: string,
  settings: Settings,
): Outcome | undefined {
  const key = requestKey(request);
  const own = new Set(
    events.flatMap((event) =>
      "request" in event.data && requestKey(event.data.request) === key ? [event.metadata.id] : [],
    ),
  );
  const published = events.findLast((event) => event.type === "ClipPublished" && own.has(event.metadata.cause));
  if (published?.type === "ClipPublished") return publishedOutcome(published);
  const pending = events.findLast((event) => event.type === "SourcesPending" && own.has(event.metadata.id));
  return pending && pendingOutcome(pending as EventOf<typeof SourcesPending>, bucket, settings);
}

/** What the latest of a clip's events tell its caller, whichever request they follow from; undefined when they tell nothing. */
export function latestOutcome(events: readonly AnyEvent[], bucket: string, settings: Settings): Outcome | undefined {
  const event = events.findLast(({ type }) => type === "ClipPublished" || type === "SourcesPending");
  if (event?.type === "ClipPublished") return publishedOutcome(event);
  return event?.type === "SourcesPending" ? pendingOutcome(event, bucket, settings) : undefined;
}

function publishedOutcome({ data }: EventOf<typeof ClipPublished>): Outcome {
  const metadata = data.clipMetadata as ClipMetadata;
  return { status: metadata.status, metadata };
}

function pendingOutcome(
  { data, metadata }: EventOf<typeof SourcesPending>,
  bucket: string,
  settings: Settings,
): Outcome {
  const { request, reason, missing, nextAttemptMs } = data;
  const told = { reason, missing, nextAttemptMs, deadlineAt: metadata.deadlineAt };
  return { status: "CLIP_PENDING", metadata: pendingMetadata(request, told, bucket, settings), nextAttemptMs };
}

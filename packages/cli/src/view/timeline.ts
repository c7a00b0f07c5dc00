import { type AnyEvent, pipeline } from "@camclips/events";
import { summaryOf } from "./summary.ts";

/** One line of a clip's history. */
export interface TimelineEntry {
  event: AnyEvent["type"];
  /** The stage that made it happen. */
  stage: string;
  at: string;
  /** Since the first event of the history, ms. Null for one that an earlier delivery of the same message led to. */
  offsetMs: number | null;
  /** Since the event that caused it, ms: queueing and work of the stage. Null where that is not known: the first of a chain, or caused earlier. */
  durationMs: number | null;
  summary: string;
  status?: string;
  reason?: string;
  id: string;
  cause: string;
  attempt: number;
  rerun?: string;
}

/** @param events oldest first, as the record gives them. */
export function timelineOf(events: readonly AnyEvent[]): TimelineEntry[] {
  const byId = new Map(events.map((event) => [event.metadata.id, event]));
  const firstMs = Date.parse(events[0]?.metadata.occurredAt ?? "");
  return events.map((event) => {
    const { id, cause, occurredAt, attempt, rerun } = event.metadata;
    const before = byId.get(cause);
    const atMs = Date.parse(occurredAt);
    return {
      event: event.type,
      stage: stageOf(event, before),
      at: occurredAt,
      offsetMs: passed(firstMs, atMs),
      durationMs: before ? passed(Date.parse(before.metadata.occurredAt), atMs) : null,
      summary: summaryOf(event),
      ...("status" in event.data && { status: event.data.status }),
      ...("reason" in event.data && event.data.reason && { reason: event.data.reason }),
      id,
      cause,
      attempt,
      ...(rerun && { rerun: rerun.id }),
    };
  });
}

/** A message that is sent again is accepted again, and what it led to before is told again: with the times of then. */
const passed = (fromMs: number, toMs: number): number | null => (toMs < fromMs ? null : toMs - fromMs);

/** Several stages may emit the same event; the one that takes the event before it did. */
function stageOf(event: AnyEvent, cause: AnyEvent | undefined): string {
  if (event.type === "ClipFailed") return event.data.stage;
  const emitting = pipeline.filter(({ emits }) => (emits as readonly string[]).includes(event.type));
  const taking = emitting.find(({ input }) =>
    cause ? input.from === "bus" && (input.events as readonly string[]).includes(cause.type) : input.from !== "bus",
  );
  return (taking ?? emitting[0])?.stage ?? "";
}

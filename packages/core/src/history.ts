import { type AnyEvent, parseEnvelope } from "@camclips/events";
import { eventsPrefix } from "./keys.ts";
import type { ObjectStore } from "./ports.ts";

/** A clip's events out of the event store, oldest first; empty for a clip that was never asked for. */
export async function readHistory(
  work: Pick<ObjectStore, "list" | "get">,
  clipId: string,
  signal?: AbortSignal,
): Promise<AnyEvent[]> {
  const events: AnyEvent[] = [];
  for await (const key of work.list(eventsPrefix(clipId), signal)) {
    const body = await work.get(key, signal);
    if (body) events.push(parseEnvelope(JSON.parse(Buffer.from(body).toString("utf8"))));
  }
  return events.sort(inOrder);
}

/** Events of the same millisecond keep the order of their chain. */
function inOrder(a: AnyEvent, b: AnyEvent): number {
  return Date.parse(a.metadata.occurredAt) - Date.parse(b.metadata.occurredAt) || a.metadata.hops - b.metadata.hops;
}

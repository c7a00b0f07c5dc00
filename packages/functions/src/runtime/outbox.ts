import { resultKey } from "@camclips/core";
import { type AnyEvent, parseEnvelope, type StageName, toEnvelope } from "@camclips/events";
import * as z from "zod";
import type { Deps } from "./deps.ts";
import { getJson, putJsonOnce } from "./json-objects.ts";

/**
 * The outbox in the work bucket: what a stage emitted for one event, written before it is published. A crash between the
 * two loses nothing, and a redelivery publishes the same events with the same ids.
 */

const result = z.object({ events: z.array(z.unknown().transform(parseEnvelope)) });

type OutboxDeps = Pick<Deps, "work" | "bus">;

/** Publishes again what an earlier delivery of the same event led to; undefined when there was none. */
export async function publishedBefore(
  stage: StageName,
  cause: AnyEvent,
  { work, bus }: OutboxDeps,
  signal: AbortSignal,
): Promise<AnyEvent[] | undefined> {
  const known = await getJson(work, keyOf(stage, cause), result, signal);
  if (known) await bus.publish(known.events, signal);
  return known?.events;
}

/** Stores the events, then publishes them; the events of whoever stored first win. */
export async function publishOnce(
  stage: StageName,
  cause: AnyEvent,
  events: AnyEvent[],
  { work, bus }: OutboxDeps,
  signal: AbortSignal,
): Promise<AnyEvent[]> {
  const { stored } = await putJsonOnce(work, keyOf(stage, cause), result, { events: events.map(toEnvelope) }, signal);
  await bus.publish(stored.events, signal);
  return stored.events;
}

function keyOf(stage: StageName, { metadata: { clipId, id, rerun } }: AnyEvent): string {
  return resultKey(clipId, stage, id, rerun?.id);
}

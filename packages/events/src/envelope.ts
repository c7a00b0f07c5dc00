import * as z from "zod/mini";
import { type AnyEvent, definitionOf } from "./catalog.ts";
import { type CamclipsEvent, EVENT_SOURCE } from "./define.ts";
import type { Rerun } from "./metadata.ts";

/** A replay whose name starts with this notifies again; EventBridge offers no other field to say so. */
export const NOTIFYING_REPLAY_PREFIX = "notify-";

/** What EventBridge delivers; only the fields that are used are looked at. */
const envelope = z.object({
  source: z.literal(EVENT_SOURCE),
  "detail-type": z.string(),
  detail: z.record(z.string(), z.unknown()),
  "replay-name": z.optional(z.string()),
});

/**
 * Reads an EventBridge event. A replayed event comes out with its `rerun` mark set.
 * @throws $ZodError or Error when it is not an event of the catalogue.
 */
export function parseEnvelope(input: unknown): AnyEvent {
  const outer = envelope.parse(input);
  const definition = definitionOf(outer["detail-type"]);
  if (!definition) throw new Error(`no event "${outer["detail-type"]}" in the catalogue`);
  const event = definition.parse(outer.detail) as AnyEvent;
  const replayName = outer["replay-name"];
  return replayName ? markRerun(event, rerunOfReplay(replayName)) : event;
}

function rerunOfReplay(name: string): Rerun {
  return { id: name, notify: name.startsWith(NOTIFYING_REPLAY_PREFIX) };
}

/** The same event, marked as part of a rerun that nobody has taken up yet; a mark that is already there stays. */
export function markRerun<E extends CamclipsEvent>(event: E, rerun: Rerun): E {
  return event.metadata.rerun ? event : { ...event, metadata: { ...event.metadata, rerun, takenUpAt: undefined } };
}

/**
 * The same event as a run of its own, which tells its status again: what a redrive makes of one. An earlier run that told its
 * own failure is over; a silent replay stays silent.
 */
export function asOwnRun(event: AnyEvent, id: string): AnyEvent {
  const { rerun, ...metadata } = event.metadata;
  return markRerun(rerun?.notify === false ? event : { ...event, metadata }, { id, notify: true });
}

/** Time for the work of an event that is run again: the deadline that it carries is over as a rule. */
const RERUN_TIME_MS = 3600_000;

/** The same event, to be worked on from `nowMs` on as if it had just happened. */
export function withFreshDeadline<E extends CamclipsEvent>(event: E, nowMs: number): E {
  const deadlineAt = new Date(nowMs + RERUN_TIME_MS).toISOString();
  return { ...event, metadata: { ...event.metadata, attempt: 1, deadlineAt } };
}

/** The envelope in EventBridge's form, as it lies in a stage's queue. */
export function toEnvelope(event: CamclipsEvent): Record<string, unknown> {
  return {
    version: "0",
    id: event.metadata.id,
    source: EVENT_SOURCE,
    "detail-type": event.type,
    time: event.metadata.occurredAt,
    resources: [],
    detail: { metadata: event.metadata, data: event.data },
  };
}

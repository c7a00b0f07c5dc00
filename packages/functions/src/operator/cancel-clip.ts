import {
  type ClipRecords,
  type Clock,
  claimEntry,
  decidedStatus,
  type EventBus,
  eventEntry,
  nextAttempt,
  requestKey,
  type Schedules,
  terminalEntry,
} from "@camclips/core";
import {
  type AnyEvent,
  ClipRejected,
  type Cut,
  derivedId,
  type EventOf,
  nextEvent,
  type Reason,
  RequestAccepted,
  type Status,
  versionOf,
} from "@camclips/events";
import * as z from "zod/mini";
import { getEntry, putEntryOnce } from "../runtime/entries.ts";
import { refusedTerminal, terminal } from "../runtime/terminal.ts";

export interface CancelPorts {
  records: ClipRecords;
  bus: EventBus;
  schedules: Schedules;
  clock: Clock;
}

export type Cancellation =
  | { kind: "cancelled" }
  /** It has another terminal status, which stands. */
  | { kind: "decided"; status: Status; reason?: Reason | undefined }
  /** It was accepted a moment ago, and its history does not say so yet. */
  | { kind: "too early" }
  | { kind: "unknown" };

const claim = z.object({ requestKey: z.string() });

/**
 * Ends a clip that waits, is queued or is being worked on: takes its terminal status, so that every stage drops its work, has
 * that told like every other one, and its next attempt forgotten. Again, it completes what a broken call began.
 */
export async function cancelClip(
  clipId: string,
  ports: CancelPorts,
  signal = new AbortController().signal,
): Promise<Cancellation> {
  const { records, bus, schedules, clock } = ports;
  const claimed = await getEntry(records, claimEntry(clipId), claim, signal);
  if (!claimed) return { kind: "unknown" };
  const history = await records.history(clipId, signal);
  const accepted = latestAttempt(history, claimed.requestKey);
  if (!accepted) return { kind: "too early" };

  // Whoever waits for what it makes is told, too.
  const cut = history.findLast(({ metadata }) => metadata.cut)?.metadata.cut;
  const event = cancellationOf(accepted, cut, clock);
  const outcome = refusedTerminal(event);
  const { request } = event.data;
  const decided = { status: outcome.status, reason: outcome.reason, isRerun: false };
  const status = decidedStatus(request, decided, event.metadata.deadlineAt, clock.now());
  const entry = terminalEntry(clipId, claimed.requestKey);
  const { stored } = await putEntryOnce(records, entry, terminal, outcome, { status, signal });
  if (stored.cause !== outcome.cause) return { kind: "decided", status: stored.status, reason: stored.reason };
  const isTold = (await records.get(eventEntry(clipId, stored.eventId), signal)) !== undefined;
  if (!isTold) await bus.publish([event], signal);
  await schedules.unschedule(nextAttempt(accepted.data.request).schedule, signal);
  return { kind: "cancelled" };
}

const latestAttempt = (history: readonly AnyEvent[], key: string) =>
  history.findLast(
    (event): event is EventOf<typeof RequestAccepted> =>
      event.type === RequestAccepted.type && !event.metadata.rerun && requestKey(event.data.request) === key,
  );

/** One event for each request, however often and at whichever attempt it is cancelled. */
function cancellationOf(
  { metadata, ...accepted }: EventOf<typeof RequestAccepted>,
  cut: Cut | undefined,
  { now }: Clock,
): EventOf<typeof ClipRejected> {
  const { request } = accepted.data;
  const cause = { ...accepted, metadata: { ...metadata, cut } };
  const message = "an operator cancelled it: ask again with a new clipId";
  const fact = ClipRejected.happened({ request, status: "CLIP_CANCELLED", reason: "CANCELLED", message });
  const id = derivedId(requestKey(request), "CLIP_CANCELLED");
  return nextEvent(fact, versionOf(ClipRejected.type), cause, new Date(now()).toISOString(), id);
}

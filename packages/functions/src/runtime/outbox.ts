import { type ClipRecords, type EntryKey, type EventBus, type Outbox, resultEntry } from "@camclips/core";
import { type AnyEvent, parseEnvelope, type StageName, stageNamed, toEnvelope } from "@camclips/events";
import * as z from "zod/mini";
import { getEntry } from "./entries.ts";

/**
 * What a stage emitted for one event is stored in the clip's record before it is published. A crash between the two loses
 * nothing, and a redelivery publishes the same events with the same ids.
 */
const result = z.object({ events: z.array(z.pipe(z.unknown(), z.transform(parseEnvelope))) });

/** A result as it is stored. */
export const resultOf = (events: readonly AnyEvent[]) => ({ events: events.map(toEnvelope) });

/** @throws $ZodError when it is no stored result. */
export const eventsOf = (stored: unknown): readonly AnyEvent[] => result.parse(stored).events;

/** The outbox where storing and publishing are two services, and the message belongs to a third. */
export function createOutbox({ records, bus }: { records: ClipRecords; bus: EventBus }): Outbox {
  return {
    async publish({ under, events }, signal) {
      const before = under && (await records.putOnce(under, resultOf(events), { signal }));
      const published = before && !before.ours ? eventsOf(before.stored) : events;
      await bus.publish(published, signal);
      return published;
    },
  };
}

/** Where a stage's result for an event is stored; undefined for a stage without an outbox. */
export function resultKeyOf(stage: StageName, { metadata: { clipId, id, rerun } }: AnyEvent): EntryKey | undefined {
  return stageNamed(stage).outbox ? resultEntry(clipId, stage, id, rerun?.id) : undefined;
}

/** What an earlier delivery of the same event led to; undefined when there was none. */
export async function resultUnder(
  key: EntryKey,
  records: ClipRecords,
  signal: AbortSignal,
): Promise<readonly AnyEvent[] | undefined> {
  return (await getEntry(records, key, result, signal))?.events;
}

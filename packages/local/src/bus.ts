import { type Clock, type EventBus, eventEntry, type Outbox } from "@camclips/core";
import { type AnyEvent, type CamclipsEvent, type StageName, takersOf, toEnvelope } from "@camclips/events";
import { eventsOf, resultOf } from "@camclips/functions";
import { deleteMessage, type StoredQueue } from "./queue.ts";
import { entryIn, putBodyIn } from "./sqlite/entries.ts";
import type { StateFile, Transaction } from "./sqlite/state-file.ts";

export interface BusOptions {
  file: StateFile;
  clock: Clock;
  queueOf(stage: StageName): Pick<StoredQueue, "add">;
  onEvent?: ((event: AnyEvent) => void) | undefined;
}

/** Its work is done by the bus here: a clip's history lies in the same file. */
const RECORDS_HISTORY: StageName = "record-event";

/** The bus of one machine: an event is in the queue of every stage that takes it once its transaction is committed. */
export function createStoredBus({ file, clock, queueOf, onEvent }: BusOptions): { bus: EventBus; outbox: Outbox } {
  /** @returns what to call once the transaction is committed. */
  const enqueue = (transaction: Transaction, events: readonly CamclipsEvent[]): (() => void) => {
    const sent = events.flatMap((event) => {
      const body = JSON.stringify(toEnvelope(event));
      const { clipId, id } = event.metadata;
      putBodyIn(transaction, eventEntry(clipId, id), body, clock);
      const takers = takersOf(event).filter(({ stage }) => stage !== RECORDS_HISTORY);
      return takers.map(({ stage }) => queueOf(stage).add(transaction, body, clock.now()));
    });
    return () => {
      for (const enqueued of sent) enqueued();
      for (const event of events) onEvent?.(event as AnyEvent);
    };
  };

  return {
    bus: {
      async publish(events) {
        const published = await file.write((transaction) => enqueue(transaction, events));
        published();
      },
    },
    outbox: {
      // The result is stored, what follows from it is enqueued and the message is deleted: all of it or nothing.
      async publish({ messageId, under, events }, signal) {
        signal?.throwIfAborted();
        const { first, published } = await file.write((transaction) => {
          const isFirst = !under || putBodyIn(transaction, under, JSON.stringify(resultOf(events)), clock);
          const first = isFirst ? events : eventsOf(entryIn(transaction, under));
          deleteMessage(transaction, Number(messageId));
          return { first, published: enqueue(transaction, first) };
        });
        published();
        return first;
      },
    },
  };
}

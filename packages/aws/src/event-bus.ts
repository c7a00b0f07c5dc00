import { setTimeout } from "node:timers/promises";
import { type EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from "@aws-sdk/client-eventbridge";
import { type EventBus, ServiceUnavailableError } from "@camclips/core";
import { type CamclipsEvent, EVENT_SOURCE } from "@camclips/events";

/** EventBridge takes ten entries a call. */
const ENTRIES_PER_CALL = 10;
const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 100;

/** ErrorCode of entries that the same call may bring through later; others say that the entry is wrong. */
const PASSING = new Set<string | undefined>(["ThrottlingException", "InternalFailure", "InternalException"]);

/** A bus on EventBridge. A 200 may carry refusals: every entry is looked at, and refused ones are sent again. */
export function createEventBus(client: EventBridgeClient, busName: string): EventBus {
  return {
    async publish(events, signal) {
      for (let at = 0; at < events.length; at += ENTRIES_PER_CALL) {
        await put(
          client,
          events.slice(at, at + ENTRIES_PER_CALL).map((event) => entryOf(event, busName)),
          signal,
        );
      }
    },
  };
}

async function put(client: EventBridgeClient, entries: PutEventsRequestEntry[], signal?: AbortSignal): Promise<void> {
  let open = entries;
  for (let attempt = 1; open.length > 0; attempt += 1) {
    const { Entries = [] } = await client.send(new PutEventsCommand({ Entries: open }), { abortSignal: signal });
    const refusals = Entries.filter(({ ErrorCode }) => ErrorCode);
    // Answers come in the order of the entries; an answer that is missing counts as a refusal.
    open = open.filter((_, index) => !Entries[index] || Entries[index].ErrorCode);
    if (open.length === 0) return;
    if (attempt === ATTEMPTS) {
      const why = refusals.map(({ ErrorCode, ErrorMessage }) => `${ErrorCode} ${ErrorMessage ?? ""}`.trim()).join("; ");
      const message = `EventBridge refused ${open.map((entry) => entry.DetailType).join(", ")}: ${why}`;
      const isOutage = refusals.every(({ ErrorCode }) => PASSING.has(ErrorCode));
      throw isOutage ? new ServiceUnavailableError(message) : new Error(message);
    }
    await setTimeout(FIRST_PAUSE_MS * 2 ** (attempt - 1), undefined, { signal });
  }
}

function entryOf({ type, metadata, data }: CamclipsEvent, busName: string): PutEventsRequestEntry {
  return { EventBusName: busName, Source: EVENT_SOURCE, DetailType: type, Detail: JSON.stringify({ metadata, data }) };
}

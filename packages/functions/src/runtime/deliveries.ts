import { type ClipRecords, deliveryEntry } from "@camclips/core";
import * as z from "zod/mini";
import { putEntryOnce } from "./entries.ts";

/** The receive, by the queue's count, that was the delivery. */
const delivery = z.object({ receive: z.number() });

export interface Receipt {
  stage: string;
  messageId: string;
  /** The queue's own count: throttled functions make it grow without seeing the message. */
  receive: number;
  /** Deliveries after which the stage gives the message up. */
  most: number;
}

/**
 * Counts a delivery that the stage saw, once for every receive.
 * @returns which one it is, from 1; more than `most` when the message was given up before.
 */
export async function countDelivery(
  records: Pick<ClipRecords, "putOnce">,
  { stage, messageId, receive, most }: Receipt,
  signal: AbortSignal,
): Promise<number> {
  for (let count = 1; count <= most; count += 1) {
    const entry = deliveryEntry(messageId, stage, count);
    const { stored, ours } = await putEntryOnce(records, entry, delivery, { receive }, { signal });
    if (ours || stored.receive === receive) return count;
  }
  return most + 1;
}

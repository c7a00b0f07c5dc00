import { createHash } from "node:crypto";
import * as z from "zod/mini";
import { id, lane } from "./schemas.ts";

/** More hops than any path through the pipeline has: an event chain this long is a loop. */
export const MAX_HOPS = 16;

/** Set on everything that follows from a replay or a redrive, because EventBridge's own mark is lost at the first re-emit. */
export const rerun = z.object({
  id: z.string().check(z.regex(/^[A-Za-z0-9._-]{1,64}$/)),
  /** Whether effects outside of the buckets (PUT, SNS) happen again. */
  notify: z.boolean(),
});
export type Rerun = z.infer<typeof rerun>;

/** What a clip is, whoever asks for it, and whose turn it is to make it: from 0, one after the other. */
export const cut = z.object({ key: z.uuid(), turn: z.int().check(z.nonnegative()) });
export type Cut = z.infer<typeof cut>;

export const metadata = z.object({
  /** Derived from cause, type and rerun: a redelivered cause yields the same id again. */
  id: z.uuid(),
  clipId: id,
  /** Id of the event (or the key of the request) that led to this one. */
  cause: z.string().check(z.minLength(1)),
  /** How often the consuming stage was asked to try this event; 1 on the first delivery. */
  attempt: z.int().check(z.positive()),
  /** Events between the request and this one. */
  hops: z.int().check(z.nonnegative(), z.maximum(MAX_HOPS)),
  /** No retry may be scheduled past this instant. */
  deadlineAt: z.iso.datetime(),
  occurredAt: z.iso.datetime(),
  /** When the pipeline took up the message, or the first event of a rerun: work is counted from here. Older events have none. */
  takenUpAt: z.optional(z.iso.datetime()),
  rerun: z.optional(rerun),
  /** Of a clip that passes others, or lets them pass: which queues it takes where a stage has several. */
  lane: z.optional(lane),
  /** Of a clip that others may be copied of: the cut that it makes (docs/decisions/0027-the-same-cut-once.md). */
  cut: z.optional(cut),
  /** W3C trace context; one trace per request. */
  traceparent: z.string().check(z.regex(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)),
  /** Version of `data`. */
  version: z.int().check(z.positive()),
});
export type Metadata = z.infer<typeof metadata>;

/** A stable UUID (version 8 layout, RFC 9562) made of the SHA-256 of its parts. */
export function derivedId(...parts: string[]): string {
  const hex = createHash("sha256").update(JSON.stringify(parts)).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** `traceId`: anything that names the request; `eventId`: the UUID of the event that carries the header. */
export function traceparentOf(traceId: string, eventId: string): string {
  const trace = createHash("sha256").update(traceId).digest("hex").slice(0, 32);
  return `00-${trace}-${eventId.replaceAll("-", "").slice(0, 16)}-01`;
}

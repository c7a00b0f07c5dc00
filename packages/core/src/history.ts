import { type AnyEvent, parseEnvelope } from "@camclips/events";

/** @param envelopes a clip's events as its record holds them. @returns oldest first. */
export function historyFrom(envelopes: readonly unknown[]): AnyEvent[] {
  return envelopes.map(parseEnvelope).sort(inOrder);
}

/** Events of the same millisecond keep the order of their chain. */
function inOrder(a: AnyEvent, b: AnyEvent): number {
  return Date.parse(a.metadata.occurredAt) - Date.parse(b.metadata.occurredAt) || a.metadata.hops - b.metadata.hops;
}

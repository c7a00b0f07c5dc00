import { type AnyEvent, type AnyFact, firstEvent, type Rerun } from "@camclips/events";
import { samples } from "./samples.ts";

/** Facts and events of every type in the catalogue. */

export const SAMPLE_NOW = "2026-11-23T12:00:00.000Z";

/** The data of every type in the catalogue. */
export const sampleData = samples;

export const sampleRequest = samples.RequestAccepted.request;

export const sampleFact = <Type extends AnyFact["type"]>(type: Type): Extract<AnyFact, { type: Type }> =>
  ({ type, data: sampleData[type] }) as unknown as Extract<AnyFact, { type: Type }>;

/** The first event of a chain; `key` names the request behind it. */
export function sampleEvent<Type extends AnyEvent["type"]>(
  type: Type,
  { key = "request-key", rerun }: { key?: string; rerun?: Rerun } = {},
): Extract<AnyEvent, { type: Type }> {
  const origin = { clipId: sampleRequest.clipId, key, deadlineAt: "2026-11-23T14:00:00.000Z", rerun };
  return firstEvent(sampleFact(type), 1, origin, SAMPLE_NOW) as unknown as Extract<AnyEvent, { type: Type }>;
}

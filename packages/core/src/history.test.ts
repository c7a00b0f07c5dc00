import { type AnyEvent, firstEvent, nextEvent, RequestAccepted, SourcesPending, toEnvelope } from "@camclips/events";
import { sampleRequest } from "@camclips/testing/test-server";
import { expect, it } from "vitest";
import { readHistory } from "./history.ts";
import { eventKey } from "./keys.ts";

it("reads a clip's events in order: by time, and those of one millisecond by their place in the chain", async () => {
  const at = "2026-11-23T12:00:00.000Z";
  const origin = { clipId: sampleRequest.clipId, key: "k", deadlineAt: at };
  const accepted = firstEvent(RequestAccepted.happened({ request: sampleRequest }), 1, origin, at) as AnyEvent;
  const fact = SourcesPending.happened({
    request: sampleRequest,
    reason: "NO_FOOTAGE",
    missing: [[1, 2]],
    nextAttemptMs: 5,
  });
  const pending = nextEvent(fact, 1, accepted, at) as AnyEvent;
  const retried = firstEvent(
    RequestAccepted.happened({ request: sampleRequest }),
    1,
    { ...origin, key: "k2" },
    "2026-11-23T12:01:00.000Z",
  ) as AnyEvent;
  const objects = new Map(
    [retried, pending, accepted].map((event) => [
      eventKey(sampleRequest.clipId, event.metadata.id),
      JSON.stringify(toEnvelope(event)),
    ]),
  );
  const store = {
    async *list(prefix: string) {
      for (const key of [...objects.keys()].sort()) if (key.startsWith(prefix)) yield key;
    },
    get: async (key: string) => Buffer.from(objects.get(key) ?? ""),
  };
  const history = await readHistory(store, sampleRequest.clipId);
  expect(history.map(({ metadata: { id } }) => id)).toEqual(
    [accepted, pending, retried].map(({ metadata: { id } }) => id),
  );
  expect(await readHistory(store, "never-asked")).toEqual([]);
  await expect(readHistory(store, "../other")).rejects.toThrow();
});

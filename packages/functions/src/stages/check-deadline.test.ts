import { eventEntry, requestKey, terminalEntry } from "@camclips/core";
import { ClipFailed, ClipRejected, RequestAccepted } from "@camclips/events";
import { deliver, eventOf, onlyOne, request, testWorld } from "@camclips/testing/stage-world";
import { expect, it } from "vitest";
import { checkDeadline } from "./check-deadline.ts";
import { publishClip } from "./publish-clip.ts";
import { recordEvent } from "./record-event.ts";

const accepted = eventOf(RequestAccepted.happened({ request: request() }));
const key = requestKey(request());

it("has a clip fail that nobody was told about by its deadline", async () => {
  await using world = await testWorld();
  const { data, metadata } = onlyOne("ClipFailed", await deliver(checkDeadline, accepted, world));
  expect(data).toMatchObject({ stage: "check-deadline", reason: "STALLED", request: { clipId: "clip-1" } });
  expect(metadata.cause).toBe(accepted.metadata.id);
});

it("has it fail also when it was decided, and the history has no end yet", async () => {
  await using world = await testWorld();
  const record = { eventId: "11111111-1111-8111-8111-111111111111" };
  await world.deps.records.putOnce(terminalEntry("clip-1", key), record);
  onlyOne("ClipFailed", await deliver(checkDeadline, accepted, world));
});

it("has a refusal told again that nobody was told about, as it was", async () => {
  await using world = await testWorld();
  const refusal = { request: request(), status: "FATAL_ERROR", reason: "INVALID_REQUEST", message: "taken" } as const;
  const refused = eventOf(ClipRejected.happened({ ...refusal, conflict: true }));
  const { data, metadata } = onlyOne("ClipRejected", await deliver(checkDeadline, refused, world));
  expect(data).toEqual({ ...refusal, conflict: true });
  expect(metadata.cause).toBe(refused.metadata.id);
});

it("is content with a history that has its end", async () => {
  await using world = await testWorld();
  const failed = eventOf(ClipFailed.happened({ request: request(), stage: "x", reason: "INTERNAL", message: "broke" }));
  const published = onlyOne("ClipPublished", await deliver(publishClip, failed, world));
  await deliver(recordEvent, published, world);
  expect(await deliver(checkDeadline, accepted, world)).toEqual([]);
});

it("writes every event into the clip's history, where the first delivery stays", async () => {
  await using world = await testWorld();
  expect(await deliver(recordEvent, accepted, world)).toEqual([]);
  const first = await world.deps.records.get(eventEntry("clip-1", accepted.metadata.id));
  const later = { ...accepted, metadata: { ...accepted.metadata, occurredAt: new Date().toISOString() } };
  await deliver(recordEvent, later, world);
  expect(await world.deps.records.get(eventEntry("clip-1", accepted.metadata.id))).toEqual(first);
  expect(await world.deps.records.history("clip-1")).toEqual([JSON.parse(JSON.stringify(accepted))]);
});

import { eventKey, notifiedKey, putKey, readHistory, requestKey } from "@camclips/core";
import { RequestAccepted } from "@camclips/events";
import { expect, it } from "vitest";
import { checkDeadline } from "./check-deadline.ts";
import { recordEvent } from "./record-event.ts";
import { deliver, eventOf, onlyOne, request, testWorld } from "./testing.ts";

const accepted = eventOf(RequestAccepted.happened({ request: request() }));
const key = requestKey(request());
const json = { contentType: "application/json" };

it("has a clip fail that nobody was told about by its deadline", async () => {
  await using world = await testWorld();
  const { data, metadata } = onlyOne("ClipFailed", await deliver(checkDeadline, accepted, world));
  expect(data).toMatchObject({ stage: "check-deadline", reason: "STALLED", request: { clipId: "clip-1" } });
  expect(metadata.cause).toBe(accepted.metadata.id);
});

it.each([
  ["subscribers", notifiedKey],
  ["the camera service", putKey],
])("has it fail also when only %s were told", async (_, marker) => {
  await using world = await testWorld();
  await world.deps.work.put(marker("clip-1", key), Buffer.from("{}"), json);
  onlyOne("ClipFailed", await deliver(checkDeadline, accepted, world));
});

it("is content when both were told", async () => {
  await using world = await testWorld();
  for (const marker of [notifiedKey, putKey]) await world.deps.work.put(marker("clip-1", key), Buffer.from("{}"), json);
  expect(await deliver(checkDeadline, accepted, world)).toEqual([]);
});

it("writes every event into the clip's history, where the first delivery stays", async () => {
  await using world = await testWorld();
  expect(await deliver(recordEvent, accepted, world)).toEqual([]);
  const first = await world.deps.work.get(eventKey("clip-1", accepted.metadata.id));
  const later = { ...accepted, metadata: { ...accepted.metadata, occurredAt: new Date().toISOString() } };
  await deliver(recordEvent, later, world);
  expect(await world.deps.work.get(eventKey("clip-1", accepted.metadata.id))).toEqual(first);
  expect(await readHistory(world.deps.work, "clip-1")).toEqual([JSON.parse(JSON.stringify(accepted))]);
});

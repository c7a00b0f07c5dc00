import { requestKey, type Schedules } from "@camclips/core";
import { type AnyEvent, ClipPublished, RequestAccepted, SourcesPending, ThumbnailsRendered } from "@camclips/events";
import { sampleEvent } from "@camclips/testing/sample-events";
import { deliver, onlyOne, request, requestBody, type StageWorld, testWorld } from "@camclips/testing/stage-world";
import { expect, it } from "vitest";
import { acceptRequest } from "../stages/accept-request.ts";
import { checkDeadline } from "../stages/check-deadline.ts";
import { locateSources } from "../stages/locate-sources.ts";
import { publishClip } from "../stages/publish-clip.ts";
import { recordEvent } from "../stages/record-event.ts";
import { scheduleRetry } from "../stages/schedule-retry.ts";
import { cancelClip } from "./cancel-clip.ts";

type Accepted = Extract<AnyEvent, { type: typeof RequestAccepted.type }>;

function portsOf({ deps }: StageWorld) {
  const unscheduled: string[] = [];
  const schedules: Schedules = { unschedule: async (name) => void unscheduled.push(name) };
  return { ports: { ...deps, schedules }, unscheduled };
}

async function accepted(world: StageWorld, body = requestBody()): Promise<Accepted> {
  const event = onlyOne(RequestAccepted.type, await deliver(acceptRequest, body, world));
  await deliver(recordEvent, event, world);
  return event;
}

/** As the bus brings them. */
async function publish(world: StageWorld, event: AnyEvent): Promise<AnyEvent> {
  const published = onlyOne(ClipPublished.type, await deliver(publishClip, event, world));
  await deliver(recordEvent, published, world);
  return published;
}

it("ends a clip that waits: both sides are told, its next attempt is forgotten, and its work is dropped", async () => {
  await using world = await testWorld();
  const { ports, unscheduled } = portsOf(world);
  const event = await accepted(world);
  const pending = onlyOne(SourcesPending.type, await deliver(locateSources, event, world));
  await deliver(scheduleRetry, pending, world);
  const [retry] = world.schedules.filter(({ queue }) => queue === "requests");

  expect(await cancelClip("clip-1", ports)).toEqual({ kind: "cancelled" });
  expect(unscheduled).toEqual([retry?.name]);
  expect(await world.deps.records.status("clip-1")).toMatchObject({ state: "cancelled", outcome: "CLIP_CANCELLED" });
  const cancelled = onlyOne("ClipRejected", world.published.slice(-1));
  await publish(world, cancelled);
  const told = { status: "CLIP_CANCELLED", reason: "CANCELLED", retryable: true, thumbnail: { sizes: [] } };
  expect(world.puts.at(-1)?.body).toMatchObject(told);
  expect(JSON.parse(world.notifications[0]?.message ?? "")).toMatchObject(told);
  expect(world.notifications).toHaveLength(1);

  const again = onlyOne(RequestAccepted.type, await deliver(acceptRequest, JSON.parse(retry?.body ?? ""), world));
  expect(await deliver(locateSources, again, world)).toEqual([]);
  expect((await world.deps.records.status("clip-1"))?.state).toBe("cancelled");
  expect(await deliver(checkDeadline, event, world)).toEqual([]);
});

it("is what a clip ends as that was rendered in the same moment", async () => {
  await using world = await testWorld();
  const { request } = (await accepted(world)).data;
  await cancelClip("clip-1", portsOf(world).ports);
  const sample = sampleEvent(ThumbnailsRendered.type);
  const rendered = { ...sample, data: { ...sample.data, request }, metadata: { ...sample.metadata, clipId: "clip-1" } };
  await publish(world, rendered as AnyEvent);
  expect(world.puts.map(({ body }) => body.status)).toEqual(["CLIP_CANCELLED"]);
});

it("leaves the terminal status that a clip has", async () => {
  await using world = await testWorld();
  const event = await accepted(world);
  await publish(world, onlyOne("ClipFailed", await deliver(checkDeadline, event, world)));
  const published = world.published.length;
  expect(await cancelClip("clip-1", portsOf(world).ports)).toEqual({
    kind: "decided",
    status: "FATAL_ERROR",
    reason: "STALLED",
  });
  expect(world.published).toHaveLength(published);
  expect((await world.deps.records.status("clip-1"))?.state).toBe("stalled");
});

it("is completed by the next call when it broke off, and told once", async () => {
  await using world = await testWorld();
  const { ports } = portsOf(world);
  const event = await accepted(world);
  world.fault = (effect) => {
    if (effect === "bus") throw new Error("broke off");
  };
  await expect(cancelClip("clip-1", ports)).rejects.toThrow("broke off");
  world.fault = undefined;
  // Had nobody called again, the deadline would have had it told.
  await publish(world, onlyOne("ClipFailed", await deliver(checkDeadline, event, world)));
  expect(world.puts.at(-1)?.body.status).toBe("CLIP_CANCELLED");

  const before = world.published.length;
  expect(await cancelClip("clip-1", ports)).toEqual({ kind: "cancelled" });
  expect(world.published).toHaveLength(before);
});

it("has one event, whichever call publishes it", async () => {
  await using world = await testWorld();
  const { ports } = portsOf(world);
  await accepted(world);
  await cancelClip("clip-1", ports);
  world.nowMs += 60_000;
  await cancelClip("clip-1", ports);
  const ids = world.published.filter(({ type }) => type === "ClipRejected").map(({ metadata }) => metadata.id);
  expect(ids).toHaveLength(2);
  expect(new Set(ids).size).toBe(1);
});

it("is about the request that has the clipId, not about one that was refused", async () => {
  await using world = await testWorld();
  const own = await accepted(world);
  await deliver(acceptRequest, requestBody(request({ endMs: own.data.request.endMs + 1 })), world);
  await cancelClip("clip-1", portsOf(world).ports);
  expect((await world.deps.records.status("clip-1"))?.requestKey).toBe(requestKey(own.data.request));
});

it("says that a clip is unknown, or so new that its history is not written", async () => {
  await using world = await testWorld();
  const { ports } = portsOf(world);
  expect(await cancelClip("clip-1", ports)).toEqual({ kind: "unknown" });
  await deliver(acceptRequest, requestBody(), world);
  expect(await cancelClip("clip-1", ports)).toEqual({ kind: "too early" });
  expect((await world.deps.records.status("clip-1"))?.state).toBe("working");
});

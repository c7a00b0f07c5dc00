import { groupItemsEntry } from "@camclips/core";
import {
  type AnyEvent,
  ClipRejected,
  type ClipRequest,
  MOST_ITEMS,
  nextEvent,
  ThumbnailsRendered,
} from "@camclips/events";
import { sampleData } from "@camclips/testing/sample-events";
import {
  deliver,
  onlyOne,
  request,
  requestBody,
  START,
  type StageWorld,
  testWorld,
} from "@camclips/testing/stage-world";
import { describe, expect, it } from "vitest";
import { acceptRequest } from "../stages/accept-request.ts";
import { checkDeadline } from "../stages/check-deadline.ts";
import { publishClip } from "../stages/publish-clip.ts";
import { recordEvent } from "../stages/record-event.ts";

const item = (change: object = {}) => ({
  cameraId: "cam-1",
  startTimestampInMs: START + 5_000,
  endTimestampInMs: START + 15_000,
  ...change,
});
const group = (...items: unknown[]) => ({ groupId: "incident", items });

const send = (world: StageWorld, body: unknown) => deliver(acceptRequest, body, world);
const ofType = <Type extends AnyEvent["type"]>(type: Type, events: readonly AnyEvent[]) =>
  events.filter((event): event is Extract<AnyEvent, { type: Type }> => event.type === type);

/** What ends an accepted item, as its last stage says it. */
function ending(accepted: AnyEvent, isMade = true): AnyEvent {
  const { request: own } = accepted.data as { request: ClipRequest };
  const fact = isMade
    ? ThumbnailsRendered.happened({ ...sampleData.ThumbnailsRendered, request: own })
    : ClipRejected.happened({ request: own, status: "CLIP_NOT_AVAILABLE", reason: "NO_FOOTAGE", message: "none" });
  return nextEvent(fact, 1, accepted, new Date(START + 70_000).toISOString()) as AnyEvent;
}

const toldOfGroups = ({ notifications }: StageWorld) =>
  notifications.filter(({ attributes }) => attributes.groupId).map(({ message }) => JSON.parse(message));

describe("a group", () => {
  it("is fifty requests in one, of which three fail: told item by item, once", async () => {
    await using world = await testWorld();
    const accepted = await send(
      world,
      group(...Array.from({ length: 50 }, (_, second) => item({ startTimestampInMs: START + second }))),
    );
    const items = ofType("RequestAccepted", accepted);
    expect(items.map(({ data }) => data.request.clipId)).toEqual(items.map((_, index) => `incident.${index + 1}`));
    for (const [index, each] of items.entries()) {
      expect(toldOfGroups(world)).toEqual([]);
      await deliver(publishClip, ending(each, index % 20 !== 7), world);
    }
    const [told, ...others] = toldOfGroups(world);
    expect(others).toEqual([]);
    expect(told).toMatchObject({ groupId: "incident", status: "GROUP_PARTLY_AVAILABLE" });
    const failed = told.items.filter(({ status }: { status: string }) => status !== "CLIP_AVAILABLE");
    expect(failed.map(({ clipId }: { clipId: string }) => clipId)).toEqual([
      "incident.8",
      "incident.28",
      "incident.48",
    ]);
    expect(failed[0]).toMatchObject({ status: "CLIP_NOT_AVAILABLE", reason: "NO_FOOTAGE", message: "none" });
    expect(told.items[0]).toMatchObject({ status: "CLIP_AVAILABLE", clip: { key: "/cam-1/incident.1.mp4" } });
    expect(ofType("GroupCompleted", world.published).map(({ data }) => data)).toEqual([told]);
    expect(world.notifications).toHaveLength(51);
    await deliver(recordEvent, ofType("GroupCompleted", world.published)[0], world);
    expect(await deliver(checkDeadline, ofType("GroupAccepted", accepted)[0], world)).toEqual([]);
  });

  it("says in each clip's metadata which group it belongs to, and a clip without one does not", async () => {
    await using world = await testWorld();
    const [accepted] = await send(world, group(item()));
    await deliver(publishClip, ending(accepted as AnyEvent), world);
    expect(world.puts.map(({ body }) => body.groupId)).toEqual(["incident"]);
    await deliver(publishClip, ending(onlyOne("RequestAccepted", await send(world, requestBody()))), world);
    expect(world.puts[1]?.body).not.toHaveProperty("groupId");
  });

  it("gives its items the choices that they do not make themselves", async () => {
    await using world = await testWorld();
    const events = await send(world, { ...group(item(), item({ precision: "fast" })), precision: "exact" });
    const items = ofType("RequestAccepted", events);
    expect(items.map(({ data }) => data.request.precision)).toEqual(["exact", "fast"]);
  });

  it("sent twice changes nothing", async () => {
    await using world = await testWorld();
    const body = group(item(), item({ endTimestampInMs: 5 }));
    const first = await send(world, body);
    world.nowMs += 5000;
    const second = await send(world, body);
    expect(second.map(({ metadata }) => metadata.id)).toEqual(first.map(({ metadata }) => metadata.id));
    expect(world.metrics).toEqual(["Accepted", "Accepted"]);
    expect(world.schedules).toHaveLength(3);
  });

  it("with an item that cannot be read refuses that item alone", async () => {
    await using world = await testWorld();
    const events = await send(world, group(item(), { cameraId: "cam-1" }, item({ clipId: "../x" }), "nonsense"));
    expect(ofType("RequestAccepted", events)).toHaveLength(1);
    const refused = ofType("ClipRejected", events);
    expect(refused.map(({ data }) => data.request.clipId)).toEqual(["incident.2", "incident.3", "incident.4"]);
    expect(refused[1]?.data.message).toMatch(/^clipId must be/);
    for (const each of refused) await deliver(publishClip, each, world);
    expect(toldOfGroups(world)).toEqual([]);
    await deliver(publishClip, ending(events[0] as AnyEvent), world);
    const [{ items }] = toldOfGroups(world);
    expect(items.map(({ status }: { status: string }) => status)).toEqual([
      "CLIP_AVAILABLE",
      ...Array(3).fill("FATAL_ERROR"),
    ]);
  });

  it("of another content under the same groupId is refused item by item, and the first one stays", async () => {
    await using world = await testWorld();
    const [accepted] = await send(world, group(item()));
    const events = await send(world, group(item({ endTimestampInMs: START + 16_000 })));
    const refused = onlyOne("ClipRejected", events);
    expect(refused.data).toMatchObject({ reason: "INVALID_REQUEST", conflict: true });
    await deliver(publishClip, refused, world);
    expect(world.puts).toEqual([]);
    expect(toldOfGroups(world)).toEqual([]);
    await deliver(publishClip, ending(accepted as AnyEvent), world);
    expect(toldOfGroups(world)).toMatchObject([{ status: "GROUP_AVAILABLE" }]);
  });

  it.each([
    ["no items", { groupId: "incident", items: [] }],
    ["too many", group(...Array.from({ length: MOST_ITEMS + 1 }, () => item()))],
    ["no groupId", { items: [item()] }],
    ["a groupId that leaves its record", { groupId: "a/b", items: [item()] }],
  ])("with %s is no message that somebody could be answered", async (_, body) => {
    await using world = await testWorld();
    await expect(send(world, body)).rejects.toThrow(/is no group of clips/);
  });

  it("that is refused for want of time stays so when another message brings it, item by item", async () => {
    await using world = await testWorld();
    world.backlogSeconds = 100_000;
    const body = group(item(), item({ endTimestampInMs: START + 16_000 }));
    const first = ofType("ClipRejected", await send(world, body));
    expect(first.map(({ data }) => data.reason)).toEqual(["OVERLOADED", "OVERLOADED"]);
    world.backlogSeconds = 0;
    const second = ofType("ClipRejected", await send(world, body));
    expect(second.map(({ metadata }) => metadata.id)).toEqual(first.map(({ metadata }) => metadata.id));
    for (const each of first) await deliver(publishClip, each, world);
    expect(toldOfGroups(world)).toMatchObject([{ status: "GROUP_NOT_AVAILABLE" }]);
  });

  it("is taken up after a crash anywhere while its items are", async () => {
    for (let effects = 0; effects < 4; effects += 1) {
      await using world = await testWorld();
      let left = effects;
      world.fault = () => {
        left -= 1;
        if (left < 0) throw new Error("killed");
      };
      const body = group(item(), item({ endTimestampInMs: START + 16_000 }));
      await expect(send(world, body)).rejects.toThrow("killed");
      world.fault = undefined;
      const events = await send(world, body);
      expect(events.map(({ type }) => type)).toEqual(["RequestAccepted", "RequestAccepted", "GroupAccepted"]);
      expect(world.schedules).toHaveLength(3);
    }
  });
});

describe("clips that were asked for before", () => {
  it("end their group by its own event when they are decided already", async () => {
    await using world = await testWorld();
    await deliver(publishClip, ending(onlyOne("RequestAccepted", await send(world, requestBody()))), world);
    const events = await send(world, group(item({ clipId: "clip-1" })));
    const accepted = ofType("GroupAccepted", events)[0] as AnyEvent;
    await deliver(publishClip, accepted, world);
    await deliver(publishClip, accepted, world, { receiveCount: 2 });
    expect(toldOfGroups(world)).toMatchObject([{ status: "GROUP_AVAILABLE", items: [{ clipId: "clip-1" }] }]);
  });

  it("are waited for, since nobody looks at the group when they end", async () => {
    await using world = await testWorld();
    const single = onlyOne("RequestAccepted", await send(world, requestBody()));
    const accepted = ofType("GroupAccepted", await send(world, group(item({ clipId: "clip-1" }))))[0] as AnyEvent;
    await deliver(publishClip, accepted, world);
    expect(toldOfGroups(world)).toEqual([]);
    const again = world.schedules.find(({ queue }) => queue === "publish-clip");
    await deliver(publishClip, ending(single), world);
    await deliver(publishClip, JSON.parse(again?.body ?? ""), world);
    expect(toldOfGroups(world)).toHaveLength(1);
  });

  it("may name their group themselves, one by one, before the group is sent", async () => {
    await using world = await testWorld();
    const own = { ...requestBody(), groupId: "incident" };
    const accepted = onlyOne("RequestAccepted", await send(world, own));
    await deliver(publishClip, ending(accepted), world);
    expect(toldOfGroups(world)).toEqual([]);
    const events = await send(world, group(item({ clipId: "clip-1" })));
    await deliver(publishClip, ofType("GroupAccepted", events)[0] as AnyEvent, world);
    expect(toldOfGroups(world)).toHaveLength(1);
  });

  it("keep the group of their first request, whichever message comes first afterwards", async () => {
    await using world = await testWorld();
    world.fault = (effect) => {
      if (effect === "bus") throw new Error("killed");
    };
    await expect(send(world, group(item({ clipId: "clip-1" })))).rejects.toThrow("killed");
    world.fault = undefined;
    const { data } = onlyOne("RequestAccepted", await send(world, requestBody(request())));
    expect(data.request.groupId).toBe("incident");
  });
});

describe("the end of a group", () => {
  it("is told once by the two of its last clips that end at the same moment", async () => {
    await using world = await testWorld();
    const events = await send(world, group(item(), item({ endTimestampInMs: START + 16_000 })));
    const ends = ofType("RequestAccepted", events).map((each) => ending(each));
    await Promise.all(ends.map((each) => deliver(publishClip, each, world)));
    expect(toldOfGroups(world)).toHaveLength(1);
    expect(ofType("GroupCompleted", world.published)).toHaveLength(1);
  });

  it("comes with the deadline of its last item, whatever was lost", async () => {
    await using world = await testWorld();
    const [accepted, event] = await send(world, group(item()));
    const watch = world.schedules.at(-1);
    expect(watch).toMatchObject({ queue: "check-deadline", atMs: Date.parse(event?.metadata.deadlineAt ?? "") });
    const again = onlyOne("GroupAccepted", await deliver(checkDeadline, JSON.parse(watch?.body ?? ""), world));
    await deliver(publishClip, again, world);
    expect(toldOfGroups(world)).toEqual([]);
    const failed = onlyOne("ClipFailed", await deliver(checkDeadline, accepted, world));
    await deliver(publishClip, failed, world);
    expect(toldOfGroups(world)).toMatchObject([{ items: [{ status: "FATAL_ERROR", reason: "STALLED" }] }]);
  });

  it("is said at the deadline when two deliveries of the last status, at once, found the group open and complete", async () => {
    await using world = await testWorld();
    const [accepted, event] = await send(world, group(item()));
    const { get } = world.deps.records;
    let looks = 0;
    world.deps.records.get = async (key, signal) =>
      key.name === groupItemsEntry("incident").name && looks++ === 0 ? undefined : get(key, signal);
    const end = ending(accepted as AnyEvent);
    await Promise.all([deliver(publishClip, end, world), deliver(publishClip, end, world)]);
    expect(toldOfGroups(world)).toHaveLength(1);
    expect(ofType("GroupCompleted", world.published)).toEqual([]);
    const again = onlyOne("GroupAccepted", await deliver(checkDeadline, event, world));
    onlyOne("GroupCompleted", await deliver(publishClip, again, world));
    expect(toldOfGroups(world)).toHaveLength(1);
  });

  it("fits into a message of SNS with as many items as there may be, and the longest names", async () => {
    await using world = await testWorld();
    const long = "é".repeat(95);
    const items = Array.from({ length: MOST_ITEMS }, (_, index) => item({ clipId: `${long}${index}`, cameraId: long }));
    const events = await send(world, { groupId: long, items });
    for (const each of ofType("RequestAccepted", events)) await deliver(publishClip, ending(each), world);
    const message = world.notifications.find(({ attributes }) => attributes.groupId)?.message ?? "";
    expect(Buffer.byteLength(JSON.stringify({ default: message }))).toBeLessThan(256 * 1024);
    expect(await world.deps.records.get(groupItemsEntry(long))).toMatchObject({ items: expect.any(Array) });
  });
});

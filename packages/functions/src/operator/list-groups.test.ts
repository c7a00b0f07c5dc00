import { groupItemsEntry, groupToldEntry } from "@camclips/core";
import { ClipRejected, nextEvent } from "@camclips/events";
import { deliver, START, type StageWorld, testWorld } from "@camclips/testing/stage-world";
import { expect, it } from "vitest";
import { acceptRequest } from "../stages/accept-request.ts";
import { publishClip } from "../stages/publish-clip.ts";
import { listGroups, type WantedGroups } from "./list-groups.ts";

const item = (seconds: number) => ({
  ...{ cameraId: "cam-1", startTimestampInMs: START, endTimestampInMs: START + seconds * 1000 },
});

const send = (world: StageWorld, groupId: string, count = 1) =>
  deliver(acceptRequest, { groupId, items: Array.from({ length: count }, (_, index) => item(index + 1)) }, world);

/** Refuses the clips of a group that was sent. */
async function refuse(world: StageWorld, accepted: Awaited<ReturnType<typeof send>>): Promise<void> {
  for (const event of accepted) {
    if (event.type !== "RequestAccepted") continue;
    const { request } = event.data;
    const fact = ClipRejected.happened({
      request,
      status: "CLIP_NOT_AVAILABLE",
      reason: "NO_FOOTAGE",
      message: "none",
    });
    await deliver(publishClip, nextEvent(fact, 1, event, event.metadata.occurredAt), world);
  }
}

const listed = (world: StageWorld, wanted: WantedGroups = {}) =>
  Array.fromAsync(listGroups(wanted, world.deps.records));

it("lists groups as subscribers were told of them, the latest first", async () => {
  await using world = await testWorld();
  await refuse(world, await send(world, "decided", 2));
  const sinceMs = world.nowMs;
  world.nowMs += 1000;
  const open = await send(world, "open", 3);
  expect(await listed(world)).toEqual([
    { groupId: "open", sinceMs: sinceMs + 1000, items: 3, status: "GROUP_PENDING" },
    { groupId: "decided", sinceMs, items: 2, status: "GROUP_NOT_AVAILABLE" },
  ]);
  expect(await listed(world, { sinceMs: sinceMs + 1 })).toMatchObject([{ groupId: "open" }]);
  await refuse(world, open.slice(0, 1));
  expect(await listed(world)).toMatchObject([{ status: "GROUP_PENDING" }, {}]);
});

it("pages through groups of the same instant without losing one or telling one twice", async () => {
  await using world = await testWorld();
  const ids = Array.from({ length: 13 }, (_, index) => `group-${String(index).padStart(2, "0")}`);
  for (const groupId of ids.toSorted()) await send(world, groupId);
  const seen: string[] = [];
  let behind: WantedGroups["behind"];
  for (;;) {
    const [next] = await listed(world, { behind });
    if (!next) break;
    seen.push(next.groupId);
    behind = next;
  }
  expect(seen).toEqual(ids.toReversed());
});

it("looks at the clips of a group whose end was written down without what was told", async () => {
  await using world = await testWorld();
  const { records } = world.deps;
  const accepted = await send(world, "older");
  expect(await records.get(groupItemsEntry("older"))).toBeDefined();
  await records.putOnce(groupToldEntry("older"), { cause: "some-event" });
  await refuse(world, accepted);
  expect(await listed(world)).toMatchObject([{ groupId: "older", status: "GROUP_NOT_AVAILABLE" }]);
});

it("reads no further than its reader does", async () => {
  await using world = await testWorld();
  for (let number = 0; number < 25; number += 1) await send(world, `group-${number}`);
  let reads = 0;
  const { get, groups } = world.deps.records;
  const records = {
    groups,
    get: (...args: Parameters<typeof get>) => {
      reads += 1;
      return get(...args);
    },
  };
  for await (const { groupId } of listGroups({}, records)) if (groupId) break;
  expect(reads).toBe(10);
});

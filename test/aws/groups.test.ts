import { listGroups, lookAtGroup } from "@camclips/functions";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createStack } from "./create-stack.ts";
import type { Stack } from "./stack.ts";
import { until } from "./until.ts";

let stack: Stack;

beforeAll(async () => {
  stack = await createStack({ THUMBNAIL_SIZES: "80" });
});
afterAll(() => stack?.[Symbol.asyncDispose]());

it("tells of a group once, when its last clip is decided, item by item", async () => {
  const camera = await stack.camera("gate", Math.floor(Date.now() / 1000) * 1000 - 3600_000, { recordings: 1 });
  const item = (cameraId: string, seconds: number) => ({
    cameraId,
    startTimestampInMs: camera.startMs,
    endTimestampInMs: camera.startMs + seconds * 1000,
  });
  const group = { groupId: "incident", items: [item("gate", 1), item("gate", 2), item("nobody", 1)] };
  await Promise.all([stack.request(group), stack.request(group)]);
  const statuses = ["CLIP_AVAILABLE", "CLIP_AVAILABLE", "FATAL_ERROR"];
  for (const [index, status] of statuses.entries())
    expect((await stack.terminal(`incident.${index + 1}`)).status).toBe(status);

  const told = await until("the group's notification", 60_000, async () => {
    const all = await stack.notifications();
    return all.find(({ attributes }) => attributes.groupId === "incident");
  });
  expect(told.attributes.status).toBe("GROUP_PARTLY_AVAILABLE");
  const items = told.body.items as { clipId: string; status: string }[];
  expect(items.map((each) => each.status)).toEqual(statuses);
  expect(await lookAtGroup("incident", stack.records)).toMatchObject({ status: "GROUP_PARTLY_AVAILABLE", items });
  const listed = await Array.fromAsync(listGroups({}, stack.records));
  expect(listed).toMatchObject([{ groupId: "incident", items: 3, status: "GROUP_PARTLY_AVAILABLE" }]);
  const again = (await stack.notifications()).filter(({ attributes }) => attributes.groupId === "incident");
  expect(again).toHaveLength(1);
});

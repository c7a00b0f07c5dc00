import { waitingStatus, workingStatus } from "@camclips/core";
import { deliver, request, type StageWorld, testWorld } from "@camclips/testing/stage-world";
import { expect, it, vi } from "vitest";
import { watchClips } from "./watch-clips.ts";

async function toldBy(world: StageWorld): Promise<unknown[][]> {
  const add = vi.spyOn(world.deps.metrics, "add");
  expect(await deliver(watchClips, {}, world)).toEqual([]);
  return add.mock.calls;
}

it("tells the age of the clip that has been worked on for longest; those that wait do not count", async () => {
  await using world = await testWorld();
  const { records } = world.deps;
  const deadlineAt = new Date(world.nowMs).toISOString();
  const pending = { reason: "NO_FOOTAGE" as const, nextAttemptMs: world.nowMs };
  await records.setStatus(workingStatus(request({ clipId: "new" }), deadlineAt, world.nowMs - 1_000));
  await records.setStatus(workingStatus(request({ clipId: "old" }), deadlineAt, world.nowMs - 60_000));
  await records.setStatus(waitingStatus(request({ clipId: "waits" }), pending, deadlineAt, world.nowMs - 90_000));
  expect(await toldBy(world)).toEqual([["OldestWorkingMs", 60_000, "Milliseconds"]]);
});

it("tells that none is worked on, so that silence means that it stands still", async () => {
  await using world = await testWorld();
  expect(await toldBy(world)).toEqual([["OldestWorkingMs", 0, "Milliseconds"]]);
});

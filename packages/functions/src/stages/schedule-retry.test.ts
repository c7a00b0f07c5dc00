import { once } from "node:events";
import { CameraServiceError, readRequest, requestKey, terminalEntry } from "@camclips/core";
import { type Rerun, SourcesPending } from "@camclips/events";
import { deliver, down, eventOf, request, START, testWorld } from "@camclips/testing/stage-world";
import { describe, expect, it } from "vitest";
import { scheduleRetry } from "./schedule-retry.ts";

const pendingOf = (rerun?: Rerun) =>
  eventOf(
    SourcesPending.happened({
      request: request(),
      reason: "RECORDING_NOT_YET_AVAILABLE",
      missing: [[START + 5_000, START + 15_000]],
      nextAttemptMs: START + 120_000,
    }),
    rerun ? { rerun } : {},
  );

describe("a pending clip", () => {
  it("has its request sent again later, this attempt's time appended", async () => {
    await using world = await testWorld();
    expect(await deliver(scheduleRetry, pendingOf(), world)).toEqual([]);
    expect(world.schedules).toMatchObject([{ queue: "requests", atMs: START + 120_000 }]);
    const again = readRequest(world.schedules[0]?.body, START + 120_000);
    expect(again).toEqual({
      readable: true,
      request: request({ retryTimestamps: [START + 60_000], sentMs: START + 120_000 }),
    });
  });

  it("is told to the camera service alone", async () => {
    await using world = await testWorld();
    await deliver(scheduleRetry, pendingOf(), world);
    expect(world.puts).toMatchObject([
      {
        clipId: "clip-1",
        body: {
          status: "CLIP_PENDING",
          reason: "RECORDING_NOT_YET_AVAILABLE",
          attempt: 1,
          retryTimestamps: [START + 60_000],
          bucket: "clips",
        },
      },
    ]);
    expect(world.notifications).toEqual([]);
  });

  it("is known to wait: since when, for what, and until when", async () => {
    await using world = await testWorld();
    await deliver(scheduleRetry, pendingOf(), world);
    expect(await Array.fromAsync(world.deps.records.inState("waiting"))).toMatchObject([
      {
        clipId: "clip-1",
        cameraId: "cam-1",
        startMs: START + 5_000,
        sinceMs: world.nowMs,
        attempt: 1,
        reason: "RECORDING_NOT_YET_AVAILABLE",
        nextAttemptAt: new Date(START + 120_000).toISOString(),
        deadlineAt: pendingOf().metadata.deadlineAt,
      },
    ]);
  });

  it("is told no time that comes before the attempt where the scheduler may be late", async () => {
    await using world = await testWorld();
    Object.assign(world.deps.scheduler, { lateByMs: 60_000 });
    await deliver(scheduleRetry, pendingOf(), world);
    const nextAttemptAt = new Date(START + 180_000).toISOString();
    expect(world.schedules).toMatchObject([{ atMs: START + 120_000 }]);
    expect(world.puts).toMatchObject([{ body: { nextAttemptAt } }]);
    expect(await Array.fromAsync(world.deps.records.inState("waiting"))).toMatchObject([{ nextAttemptAt }]);
  });

  it("is scheduled and told once, however often the event comes", async () => {
    await using world = await testWorld();
    for (let time = 0; time < 3; time += 1) await deliver(scheduleRetry, pendingOf(), world);
    expect(world.schedules).toHaveLength(1);
    expect(world.puts).toHaveLength(1);
  });

  it("goes on while the camera service is down, which is told later", async () => {
    await using world = await testWorld();
    world.fault = (effect) => void (effect === "put" && down());
    await deliver(scheduleRetry, pendingOf(), world);
    expect(world.schedules.map(({ queue }) => queue)).toEqual(["requests", "schedule-retry"]);
    expect(world.puts).toEqual([]);
  });

  it("is not told any more once the next attempt is due", async () => {
    await using world = await testWorld();
    world.fault = (effect) => void (effect === "put" && down());
    world.nowMs = START + 120_000;
    await deliver(scheduleRetry, pendingOf(), world);
    expect(world.schedules.map(({ queue }) => queue)).toEqual(["requests"]);
    expect(world.lines.map(({ level }) => level)).toContain("warn");
  });

  it("is not told behind its next attempt by a camera service that answers too late", async () => {
    await using world = await testWorld();
    let told: AbortSignal | undefined;
    world.deps.cameras.putClip = async (_, __, signal) => {
      told = signal;
      await once(signal as AbortSignal, "abort");
      signal?.throwIfAborted();
    };
    world.nowMs = START + 120_000 - 30;
    await deliver(scheduleRetry, pendingOf(), world);
    expect(told?.aborted).toBe(true);
    expect(world.schedules.map(({ queue }) => queue)).toEqual(["requests"]);
  });

  it("goes on when the camera service refuses the status for good", async () => {
    await using world = await testWorld();
    world.fault = (effect) => {
      if (effect === "put") throw new CameraServiceError("PUT answered 404", false);
    };
    await deliver(scheduleRetry, pendingOf(), world);
    expect(world.schedules.map(({ queue }) => queue)).toEqual(["requests"]);
  });

  it("neither starts over nor loses its terminal status when the event comes late", async () => {
    await using world = await testWorld();
    await world.deps.records.putOnce(terminalEntry("clip-1", requestKey(request())), {
      status: "CLIP_NOT_AVAILABLE",
      clipMetadata: {},
    });
    await deliver(scheduleRetry, pendingOf(), world);
    expect(world.schedules).toEqual([]);
    expect(world.puts).toEqual([]);
  });

  it.each(["while it is told as pending", "when its message was delivered before"])(
    "that is cancelled %s is told so last",
    async (when) => {
      await using world = await testWorld();
      const { records, cameras } = world.deps;
      const clipMetadata = { clipId: "clip-1", status: "CLIP_CANCELLED" };
      const cancel = () =>
        records.putOnce(terminalEntry("clip-1", requestKey(request())), { status: "CLIP_CANCELLED", clipMetadata });
      world.deps.cameras = {
        ...cameras,
        async putClip(...args) {
          await cancel();
          await cameras.putClip(...args);
        },
      };
      if (when.startsWith("when")) await cancel();
      await deliver(scheduleRetry, pendingOf(), world);
      expect(world.puts.at(-1)?.body).toEqual(clipMetadata);
    },
  );

  it("does nothing outside in a replay", async () => {
    await using world = await testWorld();
    await deliver(scheduleRetry, pendingOf({ id: "replay-1", notify: false }), world);
    expect(world.schedules).toEqual([]);
    expect(world.puts).toEqual([]);
  });

  it("fails when the retry cannot be scheduled, and tells nobody that it was", async () => {
    await using world = await testWorld();
    world.fault = (effect) => {
      if (effect === "scheduler") throw new Error("throttled");
    };
    await expect(deliver(scheduleRetry, pendingOf(), world)).rejects.toThrow("throttled");
    expect(world.puts).toEqual([]);
  });
});

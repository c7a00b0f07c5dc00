import { RetryLater, ServiceUnavailableError } from "@camclips/core";
import {
  type AnyFact,
  markRerun,
  parseEnvelope,
  RequestAccepted,
  SourcesPending,
  type StageName,
} from "@camclips/events";
import { VerificationError } from "@camclips/media";
import { CorruptSourceError } from "@camclips/mp4";
import {
  deliver,
  down,
  eventOf,
  onlyOne,
  request,
  START,
  type StageWorld,
  testWorld,
} from "@camclips/testing/stage-world";
import { describe, expect, it } from "vitest";
import { defineStage } from "./process.ts";

const accepted = eventOf(RequestAccepted.happened({ request: request() }));
const pending = SourcesPending.happened({
  request: request(),
  reason: "NO_FOOTAGE",
  missing: [[1, 2]],
  nextAttemptMs: 5,
});

/** A stage that counts its runs. */
function counting(run: (time: number) => AnyFact[], name: StageName = "locate-sources") {
  const runs: number[] = [];
  const stage = defineStage(name, [RequestAccepted], async () => {
    runs.push(runs.length + 1);
    return run(runs.length);
  });
  return { stage, runs };
}

const broken = (error: unknown, name?: StageName) =>
  counting(() => {
    throw error;
  }, name).stage;

describe("the wrapper", () => {
  it("publishes what happened as following from what was delivered", async () => {
    await using world = await testWorld();
    const { stage } = counting(() => [pending]);
    const event = onlyOne("SourcesPending", await deliver(stage, accepted, world));
    expect(event.metadata).toMatchObject({
      cause: accepted.metadata.id,
      clipId: "clip-1",
      hops: 1,
      attempt: 1,
      deadlineAt: accepted.metadata.deadlineAt,
    });
    expect(world.lines).toMatchObject([
      {
        level: "info",
        message: "stage done",
        fields: { stage: "locate-sources", clipId: "clip-1", emitted: ["SourcesPending"], attempt: 1, receiveCount: 1 },
      },
    ]);
  });

  it("publishes the same event again, without working again, when the message comes again", async () => {
    await using world = await testWorld();
    const { stage, runs } = counting((time) => [{ ...pending, data: { ...pending.data, nextAttemptMs: time } }]);
    const first = await deliver(stage, accepted, world);
    world.nowMs += 60_000;
    expect(await deliver(stage, accepted, world)).toEqual(first);
    expect(runs).toEqual([1]);
  });

  it("loses nothing when the process ends between writing the result and publishing it", async () => {
    await using world = await testWorld();
    const { stage, runs } = counting(() => [pending]);
    world.fault = (effect) => {
      if (effect === "bus") throw new Error("killed");
    };
    await expect(deliver(stage, accepted, world)).rejects.toThrow("killed");
    expect(world.published).toEqual([]);
    world.fault = undefined;
    onlyOne("SourcesPending", await deliver(stage, accepted, world));
    expect(runs).toEqual([1]);
  });

  it("lets two deliveries at the same time publish the same", async () => {
    await using world = await testWorld();
    const { stage } = counting((time) => [{ ...pending, data: { ...pending.data, nextAttemptMs: time } }]);
    await Promise.all([deliver(stage, accepted, world), deliver(stage, accepted, world)]);
    const [one, other] = world.published;
    expect(other).toEqual(one);
  });

  it("works again for a rerun, under other ids", async () => {
    await using world = await testWorld();
    const { stage, runs } = counting(() => [pending]);
    const first = onlyOne("SourcesPending", await deliver(stage, accepted, world));
    const rerun = { ...accepted, metadata: { ...accepted.metadata, rerun: { id: "replay-1", notify: false } } };
    const again = onlyOne("SourcesPending", await deliver(stage, rerun, world));
    expect(runs).toEqual([1, 2]);
    expect(again.metadata.id).not.toBe(first.metadata.id);
    expect(again.metadata.rerun).toEqual({ id: "replay-1", notify: false });
  });

  it("counts a rerun's work from when its first event is taken up", async () => {
    await using world = await testWorld();
    const { stage } = counting(() => [pending]);
    const archived = markRerun(accepted, { id: "replay-1", notify: true });
    world.nowMs += 7 * 24 * 3600_000;
    const first = onlyOne("SourcesPending", await deliver(stage, archived, world));
    expect(first.metadata.takenUpAt).toBe(new Date(world.nowMs).toISOString());
    expect(first.metadata.takenUpAt).not.toBe(accepted.metadata.takenUpAt);
  });

  it.each([
    ["text", "hello"],
    ["nothing", undefined],
    ["an event of another stage", eventOf(pending)],
    ["an event with a hole", { ...accepted, data: {} }],
  ])("fails for %s, before the stage runs", async (_, body) => {
    await using world = await testWorld();
    const { stage, runs } = counting(() => []);
    await expect(deliver(stage, body, world)).rejects.toThrow();
    expect(runs).toEqual([]);
    expect(world.published).toEqual([]);
  });

  it("hands the signal down to the stage", async () => {
    await using world = await testWorld();
    const stage = defineStage("locate-sources", [RequestAccepted], async (_event, _deps: object, signal) => {
      signal.throwIfAborted();
      return [];
    });
    const signal = AbortSignal.abort(new Error("time is up"));
    await expect(deliver(stage, accepted, world, { signal })).rejects.toThrow("time is up");
  });
});

describe("again later", () => {
  const later = () => new RetryLater("CAMERA_SERVICE_UNAVAILABLE", 15, { cause: new Error("503") });
  const attempt = (number: number) => ({ ...accepted, metadata: { ...accepted.metadata, attempt: number } });

  it("schedules the same event, one attempt on, to the same stage, and takes the message", async () => {
    await using world = await testWorld();
    await deliver(broken(later()), accepted, world, { receiveCount: 4 });
    expect(world.published).toEqual([]);
    const [schedule] = world.schedules;
    expect(world.schedules).toHaveLength(1);
    expect(schedule).toMatchObject({
      queue: "locate-sources",
      name: expect.stringMatching(/^locate-sources-[0-9a-f-]{36}$/),
    });
    const { detail } = JSON.parse(schedule?.body ?? "");
    expect(detail.metadata).toMatchObject({ id: accepted.metadata.id, attempt: 2 });
    expect((schedule?.atMs ?? 0) - world.nowMs).toBeGreaterThanOrEqual(7_500);
    expect((schedule?.atMs ?? 0) - world.nowMs).toBeLessThanOrEqual(15_000);
    expect(world.lines).toMatchObject([
      { level: "warn", fields: { reason: "CAMERA_SERVICE_UNAVAILABLE", error: "Error: 503" } },
    ]);
    expect(world.metrics).toContain("Retries");
  });

  it("keeps its clip's lane, where the stage has it", async () => {
    await using world = await testWorld();
    const inLane = (lane: "high" | undefined) => ({ ...accepted, metadata: { ...accepted.metadata, lane } });
    await deliver(broken(later()), inLane("high"), world);
    await deliver(broken(later(), "schedule-retry"), inLane("high"), world);
    await deliver(broken(later()), { ...inLane(undefined), metadata: { ...attempt(2).metadata } }, world);
    expect(world.schedules.map(({ queue, lane }) => [queue, lane])).toEqual([
      ["locate-sources", "high"],
      ["schedule-retry", undefined],
      ["locate-sources", undefined],
    ]);
  });

  it("waits longer with every attempt", async () => {
    await using world = await testWorld();
    await deliver(broken(later()), attempt(4), world);
    const wait = (world.schedules[0]?.atMs ?? 0) - world.nowMs;
    expect(wait).toBeGreaterThanOrEqual(60_000);
    expect(wait).toBeLessThanOrEqual(120_000);
  });

  it("is scheduled once, however often the message comes", async () => {
    await using world = await testWorld();
    await deliver(broken(later()), accepted, world);
    world.nowMs += 1000;
    await deliver(broken(later()), accepted, world);
    expect(world.schedules).toHaveLength(1);
  });

  it("ends at the clip's deadline: then the clip has failed", async () => {
    await using world = await testWorld();
    world.nowMs = Date.parse(accepted.metadata.deadlineAt) - 21_000;
    const again = { ...accepted, metadata: { ...accepted.metadata, attempt: 7 } };
    await expect(deliver(broken(later()), again, world)).rejects.toThrow(RetryLater);
    expect(world.schedules).toEqual([]);
    expect(onlyOne("ClipFailed", world.published).data).toMatchObject({
      stage: "locate-sources",
      reason: "CAMERA_SERVICE_UNAVAILABLE",
      message: "Error: 503",
    });
  });

  it("goes on for days where what was decided is to be told", async () => {
    await using world = await testWorld();
    const day = 24 * 3_600_000;
    world.nowMs = Date.parse(accepted.metadata.deadlineAt) + 2 * day;
    await deliver(broken(later(), "publish-clip"), accepted, world);
    expect(world.schedules).toMatchObject([{ queue: "publish-clip" }]);
    world.nowMs += 2 * day;
    await expect(deliver(broken(later(), "publish-clip"), accepted, world)).rejects.toThrow(RetryLater);
  });

  it("over the deadline tells the failure once, however often the message comes until it rests, and counts it at rest", async () => {
    await using world = await testWorld();
    world.nowMs = Date.parse(accepted.metadata.deadlineAt) - 21_000;
    const again = { ...accepted, metadata: { ...accepted.metadata, attempt: 7 } };
    for (const receiveCount of [1, 2, 3])
      await expect(deliver(broken(later()), again, world, { receiveCount })).rejects.toThrow(RetryLater);
    onlyOne("ClipFailed", world.published);
    expect(world.metrics).toEqual([]);
    await expect(deliver(broken(later()), again, world, { receiveCount: 4 })).rejects.toThrow(RetryLater);
    expect(world.metrics).toEqual(["DeadLetters"]);
    expect(new Set(world.published.map(({ metadata }) => metadata.id)).size).toBe(1);
  });

  it("has an hour in a run of an archived event, whose deadline is long over, and no more", async () => {
    await using world = await testWorld();
    world.nowMs = Date.parse(accepted.metadata.deadlineAt) + 86_400_000;
    const replayed = { ...accepted, metadata: { ...accepted.metadata, rerun: { id: "notify-it", notify: true } } };
    await deliver(broken(later()), replayed, world);
    expect(world.published).toEqual([]);
    const again = parseEnvelope(JSON.parse(world.schedules[0]?.body ?? ""));
    expect(Date.parse(again.metadata.deadlineAt)).toBe(world.nowMs + 3_600_000);
    world.nowMs += 3_600_000;
    await expect(deliver(broken(later()), again, world)).rejects.toThrow(RetryLater);
    onlyOne("ClipFailed", world.published);
  });

  it("fails for good when no schedule can be made, so that the message comes back", async () => {
    await using world = await testWorld();
    world.fault = (effect) => {
      if (effect === "scheduler") throw new Error("throttled");
    };
    await expect(deliver(broken(later()), accepted, world)).rejects.toThrow("throttled");
  });
});

describe("an outage of a service of AWS", () => {
  const outage = new ServiceUnavailableError("SNS: Service Unavailable");

  it("is left to one redelivery, which is quicker than a schedule", async () => {
    await using world = await testWorld();
    await expect(deliver(broken(outage), accepted, world)).rejects.toBe(outage);
    expect(world.schedules).toEqual([]);
  });

  it.each<StageName>(["locate-sources", "publish-clip"])("is then waited out by schedules: %s", async (name) => {
    await using world = await testWorld();
    await deliver(broken(outage, name), accepted, world, { receiveCount: 2 });
    expect(world.schedules).toMatchObject([{ queue: name }]);
    expect(world.published).toEqual([]);
    expect(world.lines).toMatchObject([{ fields: { error: "ServiceUnavailableError: SNS: Service Unavailable" } }]);
  });

  it("over the deadline is left to redeliveries, the last of which ends the clip and says which service it was", async () => {
    await using world = await testWorld();
    world.nowMs = Date.parse(accepted.metadata.deadlineAt) - 21_000;
    for (const receiveCount of [2, 3, 4])
      await expect(deliver(broken(outage), accepted, world, { receiveCount })).rejects.toBe(outage);
    expect(onlyOne("ClipFailed", world.published).data).toMatchObject({
      reason: "INTERNAL",
      message: "ServiceUnavailableError: SNS: Service Unavailable",
    });
    expect(world.metrics).toEqual(["DeadLetters"]);
  });

  it("of the scheduler, too, ends the clip at the last delivery", async () => {
    await using world = await testWorld();
    world.fault = (effect) => {
      if (effect === "scheduler") throw new ServiceUnavailableError("EventBridge Scheduler: Service Unavailable");
    };
    for (const receiveCount of [2, 3])
      await expect(deliver(broken(outage), accepted, world, { receiveCount })).rejects.toThrow("Scheduler");
    expect(world.published).toEqual([]);
    await expect(deliver(broken(outage), accepted, world, { receiveCount: 4 })).rejects.toThrow("Scheduler");
    expect(onlyOne("ClipFailed", world.published).data.message).toContain("SNS: Service Unavailable");
  });

  it("is no excuse for a stage that ran out of time", async () => {
    await using world = await testWorld();
    const signal = AbortSignal.abort(new Error("time is up"));
    await expect(deliver(broken(outage), accepted, world, { receiveCount: 2, signal })).rejects.toBeDefined();
    expect(world.schedules).toEqual([]);
  });
});

describe("a failure", () => {
  const last = { receiveCount: 4 };
  const failure = async (world: StageWorld, error: unknown) => {
    await expect(deliver(broken(error), accepted, world, last)).rejects.toBe(error);
    return onlyOne("ClipFailed", world.published).data;
  };

  it("is thrown, so that the queue delivers again, and says nothing of the clip before the last time", async () => {
    await using world = await testWorld();
    await expect(deliver(broken(new Error("broke")), accepted, world, { receiveCount: 3 })).rejects.toThrow("broke");
    expect(world.published).toEqual([]);
  });

  it("ends the clip at the last delivery, and lets the message rest in the dead-letter queue", async () => {
    await using world = await testWorld();
    expect(await failure(world, new Error("broke"))).toMatchObject({
      stage: "locate-sources",
      reason: "INTERNAL",
      message: "Error: broke",
      request: { clipId: "clip-1" },
    });
    expect(world.metrics).toContain("DeadLetters");
  });

  it.each([
    ["CORRUPT_SOURCE", new CorruptSourceError("a.mp4", "no video")],
    ["VERIFY_FAILED", new VerificationError("a frame is missing")],
    ["INTERNAL", "a string"],
    ["INTERNAL", undefined],
  ])("has the reason %s", async (reason, error) => {
    await using world = await testWorld();
    expect((await failure(world, error)).reason).toBe(reason);
  });

  it("of the camera service for good is told as such", async () => {
    await using world = await testWorld();
    const stage = counting(() => down()).stage;
    await expect(deliver(stage, accepted, world, last)).rejects.toThrow("503");
    expect(onlyOne("ClipFailed", world.published).data.reason).toBe("CAMERA_SERVICE_UNAVAILABLE");
  });

  it("is told in few words, however long the error is", async () => {
    await using world = await testWorld();
    expect((await failure(world, new Error("x".repeat(1_000_000)))).message.length).toBeLessThanOrEqual(2000);
  });

  it("of a stage that does not decide about the clip ends nothing", async () => {
    await using world = await testWorld();
    await expect(deliver(broken(new Error("broke"), "publish-clip"), accepted, world, last)).rejects.toThrow("broke");
    expect(world.published).toEqual([]);
    expect(world.metrics).toContain("DeadLetters");
  });

  it("of a clip that failed twice is one and the same event", async () => {
    await using world = await testWorld();
    for (const receiveCount of [4, 5])
      await expect(deliver(broken(new Error("broke")), accepted, world, { receiveCount })).rejects.toThrow();
    const [one, other] = world.published;
    expect(other?.metadata.id).toBe(one?.metadata.id);
    expect(Date.parse(one?.metadata.occurredAt ?? "")).toBe(START + 60_000);
  });
});

import { requestKey, terminalEntry } from "@camclips/core";
import { type AnyEvent, type PipelineStage, pipeline, RequestAccepted, SourcesPending } from "@camclips/events";
import { deliver, eventOf, onlyOne, request, type StageWorld, testWorld } from "@camclips/testing/stage-world";
import { describe, expect, it } from "vitest";
import { marginSeconds } from "./door.ts";
import { defineStage } from "./process.ts";

const accepted = eventOf(RequestAccepted.happened({ request: request() }));
const pending = { reason: "RECORDING_NOT_YET_AVAILABLE", missing: [[1, 2]], nextAttemptMs: 3 };

function locating() {
  const worked: string[] = [];
  const stage = defineStage("locate-sources", [RequestAccepted], async ({ data, metadata }) => {
    worked.push(metadata.id);
    return [SourcesPending.happened({ request: data.request, ...pending } as never)];
  });
  return { stage, worked };
}

const rerunOf = (event: AnyEvent, id: string): AnyEvent => ({
  ...event,
  metadata: { ...event.metadata, rerun: { id, notify: false } },
});
const dropped = (world: StageWorld) => world.lines.filter(({ message }) => message === "stage dropped its work");

describe("work for nothing", () => {
  it("is dropped once the clip has its terminal status", async () => {
    await using world = await testWorld();
    const { stage, worked } = locating();
    await world.deps.records.putOnce(terminalEntry("clip-1", requestKey(request())), { status: "FATAL_ERROR" });
    expect(await deliver(stage, accepted, world)).toEqual([]);
    expect(worked).toEqual([]);
    expect(dropped(world)).toMatchObject([{ fields: { clipId: "clip-1", why: "the clip has its terminal status" } }]);
    expect(world.metrics).toEqual(["Dropped"]);
  });

  it("is what a stage could not do by the deadline if it took all the time it may: its clip is told at once", async () => {
    await using world = await testWorld();
    const { stage, worked } = locating();
    const deadlineMs = Date.parse(accepted.metadata.deadlineAt);
    world.nowMs = deadlineMs - 560_001;
    onlyOne("SourcesPending", await deliver(stage, accepted, world));
    world.nowMs += 2;
    const other = eventOf(RequestAccepted.happened({ request: request() }), { key: "another attempt" });
    const failed = onlyOne("ClipFailed", await deliver(stage, other, world));
    expect(failed.data).toMatchObject({ stage: "locate-sources", reason: "OVERLOADED" });
    expect(await deliver(stage, other, world)).toEqual([failed]);
    expect(worked).toEqual([accepted.metadata.id]);
  });

  it("is begun up to the end by what was tried before, whose own failure is to be told", async () => {
    await using world = await testWorld();
    const { stage } = locating();
    world.nowMs = Date.parse(accepted.metadata.deadlineAt) - 21_000;
    onlyOne("SourcesPending", await deliver(stage, accepted, world, { receiveCount: 2 }));
  });

  it("is not told by a stage once the deadline has passed: that has its own watch", async () => {
    await using world = await testWorld();
    const { stage, worked } = locating();
    world.nowMs = Date.parse(accepted.metadata.deadlineAt);
    expect(await deliver(stage, accepted, world)).toEqual([]);
    expect(worked).toEqual([]);
  });

  const limited = (pipeline as readonly PipelineStage[]).filter(({ leastSeconds }) => leastSeconds > 0);
  const marginsOf = (wholeSeconds: number) => {
    const deadlineAt = new Date(request().sentMs + wholeSeconds * 1000).toISOString();
    const event = { ...accepted, metadata: { ...accepted.metadata, deadlineAt } };
    return limited.map((row) => Math.round(marginSeconds(row, event)));
  };

  it("is judged by all the time that the stages may take, or a fifth of the clip's time where that is less", () => {
    expect(marginsOf(4000)).toEqual([560, 495, 370, 65]);
    expect(marginsOf(1000)).toEqual([220, 193, 143, 27]);
    expect(marginsOf(60)).toEqual([32, 26, 18, 6]);
  });

  it("is judged less strictly from stage to stage: none drops what the one before it has just begun", () => {
    for (const whole of [60, 300, 1000, 10_000]) {
      const margins = marginsOf(whole);
      expect(margins).toEqual(margins.toSorted((a, b) => b - a));
      expect(new Set(margins).size).toBe(margins.length);
    }
  });

  it("is not the work of a rerun for a clip that was decided: that is what it is for", async () => {
    await using world = await testWorld();
    const { stage } = locating();
    await world.deps.records.putOnce(terminalEntry("clip-1", requestKey(request())), { status: "FATAL_ERROR" });
    onlyOne("SourcesPending", await deliver(stage, rerunOf(accepted, "replay-1"), world));
  });

  it("is that of a rerun for a clip that an operator cancelled", async () => {
    await using world = await testWorld();
    const { stage, worked } = locating();
    await world.deps.records.putOnce(terminalEntry("clip-1", requestKey(request())), { status: "CLIP_CANCELLED" });
    expect(await deliver(stage, rerunOf(accepted, "replay-1"), world)).toEqual([]);
    expect(worked).toEqual([]);
  });

  it("is what a replay finds of further attempts of the same request: each rerun works once, also when redelivered", async () => {
    await using world = await testWorld();
    const { stage, worked } = locating();
    const attempts = [1, 2, 3].map((sent) =>
      eventOf(RequestAccepted.happened({ request: request({ retryTimestamps: [sent] }) }), { key: `attempt ${sent}` }),
    );
    for (const id of ["replay-1", "replay-2"])
      for (const event of [...attempts, ...attempts]) await deliver(stage, rerunOf(event, id), world);
    expect(worked).toEqual([attempts[0]?.metadata.id, attempts[0]?.metadata.id]);
  });
});

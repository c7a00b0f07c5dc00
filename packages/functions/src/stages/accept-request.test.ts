import { deadlineMs, UnreadableRequestError } from "@camclips/core";
import type { ClipRequest } from "@camclips/events";
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
import { acceptRequest } from "./accept-request.ts";
import { publishClip } from "./publish-clip.ts";

const send = (world: StageWorld, body: unknown = requestBody(), sentMs = world.nowMs) =>
  deliver(acceptRequest, body, world, { sentMs });

describe("a request", () => {
  it("is accepted from a Python literal, with everything the next stage needs", async () => {
    await using world = await testWorld();
    const literal = `{'clipId': u'clip-1', 'cameraId': 'cam-1', 'startTimestampInMs': ${START + 5000}, 'endTimestampInMs': '${START + 15000}', 'retryTimestamps': []}`;
    const { data, metadata } = onlyOne("RequestAccepted", await send(world, literal));
    expect(data.request).toEqual(request());
    expect(metadata).toMatchObject({
      clipId: "clip-1",
      hops: 0,
      attempt: 1,
      occurredAt: new Date(world.nowMs).toISOString(),
    });
    expect(Date.parse(metadata.deadlineAt)).toBe(deadlineMs(request(), world.nowMs, world.deps.settings));
  });

  it("has its deadline watched by a schedule that brings the request itself", async () => {
    await using world = await testWorld();
    const accepted = onlyOne("RequestAccepted", await send(world));
    expect(world.schedules).toMatchObject([
      { queue: "check-deadline", atMs: Date.parse(accepted.metadata.deadlineAt) },
    ]);
    expect(JSON.parse(world.schedules[0]?.body ?? "").detail.metadata.id).toBe(accepted.metadata.id);
  });

  it("sent twice is the same event and the same watch", async () => {
    await using world = await testWorld();
    const first = onlyOne("RequestAccepted", await send(world));
    world.nowMs += 5000;
    const second = onlyOne("RequestAccepted", await send(world));
    expect(second.metadata.id).toBe(first.metadata.id);
    expect(second.metadata.deadlineAt).toBe(first.metadata.deadlineAt);
    expect(world.schedules).toHaveLength(1);
    expect(world.metrics).toEqual(["Accepted"]);
  });

  it("sent again as a retry is another event with the first one's deadline", async () => {
    await using world = await testWorld();
    const first = onlyOne("RequestAccepted", await send(world));
    world.nowMs += 60_000;
    const retried = requestBody(request({ retryTimestamps: [START + 60_000] }));
    const second = onlyOne("RequestAccepted", await send(world, retried));
    expect(second.metadata.id).not.toBe(first.metadata.id);
    expect(second.metadata.deadlineAt).toBe(first.metadata.deadlineAt);
    expect(second.metadata.traceparent.split("-")[1]).toBe(first.metadata.traceparent.split("-")[1]);
    expect(world.schedules).toHaveLength(1);
  });

  it("is at work from then on, and again with every attempt", async () => {
    await using world = await testWorld();
    await send(world);
    const { records } = world.deps;
    const first = { state: "working", attempt: 1, cameraId: "cam-1", startMs: START + 5_000, sinceMs: world.nowMs };
    expect(await records.status("clip-1")).toMatchObject(first);
    world.nowMs += 60_000;
    await send(world);
    expect(await records.status("clip-1")).toMatchObject(first);
    await send(world, requestBody(request({ retryTimestamps: [START + 60_000] })));
    expect(await records.status("clip-1")).toMatchObject({ state: "working", attempt: 2, sinceMs: world.nowMs });
  });

  it("is accepted after a crash between its claim and the event", async () => {
    await using world = await testWorld();
    world.fault = (effect) => {
      if (effect === "scheduler") throw new Error("killed");
    };
    await expect(send(world)).rejects.toThrow("killed");
    expect(world.published).toEqual([]);
    world.fault = undefined;
    onlyOne("RequestAccepted", await send(world));
    expect(world.schedules).toHaveLength(1);
  });
});

describe("a clipId in use", () => {
  it.each([
    ["range", { endMs: START + 16_000 }],
    ["camera", { cameraId: "cam-2" }],
    ["gap policy", { gapPolicy: "REJECT" as const }],
  ])("is refused for another %s, and the first clip stays", async (_, change) => {
    await using world = await testWorld();
    await send(world);
    const { data } = onlyOne("ClipRejected", await send(world, requestBody(request(change))));
    expect(data).toMatchObject({ status: "FATAL_ERROR", reason: "INVALID_REQUEST", conflict: true });
    expect(await world.deps.records.status("clip-1")).toMatchObject({ state: "working", endMs: START + 15_000 });
    onlyOne("RequestAccepted", await send(world));
  });

  it("goes to one of two different requests that come at once", async () => {
    await using world = await testWorld();
    await Promise.all([send(world), send(world, requestBody(request({ endMs: START + 16_000 })))]);
    expect(world.published.map(({ type }) => type).sort()).toEqual(["ClipRejected", "RequestAccepted"]);
  });
});

describe("a request with a fault", () => {
  it("is answered when it has a clipId", async () => {
    await using world = await testWorld();
    const body = { ...requestBody(), cameraId: "../x", endTimestampInMs: "never" };
    const { data, metadata } = onlyOne("ClipRejected", await send(world, body));
    expect(data).toMatchObject({
      status: "FATAL_ERROR",
      reason: "INVALID_REQUEST",
      conflict: false,
      request: { cameraId: "../x", endMs: null },
    });
    expect(data.message).toMatch(/cameraId must be.*; endTimestampInMs must be/);
    expect(metadata.clipId).toBe("clip-1");
    expect(world.schedules).toMatchObject([
      { queue: "check-deadline", atMs: Date.parse(metadata.deadlineAt), body: expect.stringContaining("ClipRejected") },
    ]);
  });

  it("is counted once, however often its message comes: it is answered once", async () => {
    await using world = await testWorld();
    for (let time = 0; time < 3; time += 1) await send(world, { ...requestBody(), endTimestampInMs: 5 });
    expect(world.metrics).toEqual(["Accepted"]);
  });

  it("does not take the clipId away from the request that corrects it", async () => {
    await using world = await testWorld();
    await send(world, { ...requestBody(), endTimestampInMs: 5 });
    onlyOne("RequestAccepted", await send(world));
  });

  it("leaves the status of a clip alone whose id it carries", async () => {
    await using world = await testWorld();
    await send(world);
    expect(onlyOne("ClipRejected", await send(world, { ...requestBody(), endTimestampInMs: 5 })).data.conflict).toBe(
      true,
    );
  });

  it.each(["", "hello", "[]", '{"clipId": "../x"}', "{'clipId': 'a"])(
    "fails when nobody could be told: %j",
    async (body) => {
      await using world = await testWorld();
      await expect(send(world, body)).rejects.toThrow(UnreadableRequestError);
      expect(world.published).toEqual([]);
    },
  );
});

describe("a request that comes while too much is to be done", () => {
  const overloaded = async () => {
    const world = await testWorld();
    world.backlogSeconds = 3600;
    return world;
  };

  it("is refused at once, with the time to ask again, and its clipId stays free", async () => {
    await using world = await overloaded();
    const refused = onlyOne("ClipRejected", await deliver(acceptRequest, requestBody(), world));
    expect(refused.data).toMatchObject({ status: "FATAL_ERROR", reason: "OVERLOADED", conflict: false });
    const { retryAfterSeconds = 0 } = refused.data;
    expect(retryAfterSeconds).toBeGreaterThanOrEqual(2700);
    expect(refused.data.message).toContain(`ask again in ${retryAfterSeconds} s`);
    await deliver(publishClip, refused, world);
    expect(world.puts[0]?.body).toMatchObject({ reason: "OVERLOADED", retryable: true, retryAfterSeconds });

    world.backlogSeconds = 0;
    world.nowMs += retryAfterSeconds * 1000;
    onlyOne("RequestAccepted", await deliver(acceptRequest, requestBody(), world));
    expect((await world.deps.records.status("clip-1"))?.state).toBe("working");
  });

  it("has the answer that its message had, also when that comes again in quieter times", async () => {
    await using world = await overloaded();
    const sentMs = world.nowMs;
    const refused = onlyOne("ClipRejected", await deliver(acceptRequest, requestBody(), world, { sentMs }));
    world.backlogSeconds = 0;
    const again = await deliver(acceptRequest, requestBody(), world, { sentMs, receiveCount: 2 });
    expect(onlyOne("ClipRejected", again)).toMatchObject({ data: refused.data, metadata: { id: refused.metadata.id } });
  });

  it("is let in where its clip was accepted before: attempts and redeliveries", async () => {
    await using world = await testWorld();
    const { sentMs } = request();
    await deliver(acceptRequest, requestBody(), world, { sentMs });
    world.backlogSeconds = 3600;
    onlyOne("RequestAccepted", await deliver(acceptRequest, requestBody(), world, { sentMs, receiveCount: 2 }));
    const attempt = requestBody(request({ retryTimestamps: [sentMs] }));
    onlyOne("RequestAccepted", await deliver(acceptRequest, attempt, world));
  });

  it("is let in when the queues cannot be counted", async () => {
    await using world = await testWorld();
    world.deps.backlog = { waitSeconds: () => Promise.reject(new Error("AccessDenied")) };
    onlyOne("RequestAccepted", await deliver(acceptRequest, requestBody(), world));
    expect(world.lines).toContainEqual(expect.objectContaining({ message: "the queues could not be counted" }));
  });
});

describe("the lane of a request", () => {
  const accepted = async (world: StageWorld, change: Partial<ClipRequest>) =>
    onlyOne("RequestAccepted", await deliver(acceptRequest, requestBody(request(change)), world));

  it("follows its priority, and is none where it says nothing or the usual", async () => {
    await using world = await testWorld();
    const lanes = [undefined, "normal", "high", "low"] as const;
    for (const [index, priority] of lanes.entries()) {
      const { metadata } = await accepted(world, { clipId: `clip-${index}`, priority });
      expect(metadata.lane).toBe(priority === "normal" ? undefined : priority);
    }
    const again = await accepted(world, { clipId: "late", priority: "high", retryTimestamps: [request().sentMs] });
    expect(again.metadata.lane).toBe("high");
  });

  it("is the usual one where everybody is in a hurry, and that is quicker", async () => {
    await using world = await testWorld();
    const asked: unknown[] = [];
    const waits = { high: 120, usual: 60 };
    world.deps.backlog = {
      waitSeconds: async (lane) => {
        asked.push(lane);
        return lane === "high" ? waits.high : waits.usual;
      },
    };
    expect((await accepted(world, { clipId: "a", priority: "high" })).metadata.lane).toBeUndefined();
    waits.high = 30;
    expect((await accepted(world, { clipId: "b", priority: "high" })).metadata.lane).toBe("high");
    await accepted(world, { clipId: "c" });
    expect(asked).toEqual(["high", undefined, "high", undefined, undefined]);
  });

  it("is no part of what the clip is: the same request in more of a hurry is the same request", async () => {
    await using world = await testWorld();
    const first = await accepted(world, {});
    const again = await accepted(world, { priority: "high" });
    expect(again.metadata.id).toBe(first.metadata.id);
  });

  it("decides who is refused first: whoever lets others pass", async () => {
    await using world = await testWorld();
    const taken = async () => {
      const letIn: string[] = [];
      for (const priority of ["low", "normal", "high"] as const) {
        const body = requestBody(request({ clipId: `${priority}-${world.backlogSeconds}`, priority }));
        const [event] = await deliver(acceptRequest, body, world);
        if (event?.type === "RequestAccepted") letIn.push(priority);
      }
      return letIn;
    };
    const takenAt: string[][] = [];
    for (world.backlogSeconds of [900, 1200, 2000, 2200]) takenAt.push(await taken());
    expect(takenAt).toEqual([["low", "normal", "high"], ["normal", "high"], ["high"], []]);
  });
});

import { setTimeout as sleep } from "node:timers/promises";
import { DeleteFunctionConcurrencyCommand, PutFunctionConcurrencyCommand } from "@aws-sdk/client-lambda";
import { ListSchedulesCommand } from "@aws-sdk/client-scheduler";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createStack } from "./create-stack.ts";
import type { Stack } from "./stack.ts";
import { until } from "./until.ts";

let stack: Stack;
let started: number;

beforeAll(async () => {
  // A deadline in two minutes: seven attempts' waiting, then the shortest time for the work.
  stack = await createStack({ SQS_TIMEOUT: "8", SQS_RETRY_LIMIT: "40", CLIP_WORK_LIMIT: "60" });
  started = Math.floor(Date.now() / 1000) * 1000;
});
afterAll(() => stack?.[Symbol.asyncDispose]());

async function schedules(): Promise<string[]> {
  const { Schedules = [] } = await stack.clients.scheduler.send(
    new ListSchedulesCommand({ GroupName: stack.outputs.scheduleGroup }),
  );
  return Schedules.map(({ Name = "" }) => Name);
}

describe("a clip whose footage is not there yet", () => {
  it("is pending, is tried again by a schedule, and is published when the footage has arrived", async () => {
    const camera = await stack.camera("late", started - 12_000, { recordings: 1 });
    const [footage] = camera.listed.splice(0);
    await stack.request({
      clipId: "late",
      cameraId: "late",
      startTimestampInMs: started - 10_000,
      endTimestampInMs: started - 8_000,
      retryTimestamps: [],
    });
    const pending = await stack.explained("late", () =>
      until("a pending status", 60_000, () => stack.puts("late").at(-1)?.body),
    );
    expect(pending).toMatchObject({
      status: "CLIP_PENDING",
      reason: "RECORDING_NOT_YET_AVAILABLE",
      attempt: 1,
      missing: [[started - 10_000, started - 8_000]],
    });
    expect(await stack.notified("late")).toEqual([]);

    if (footage) camera.listed.push(footage);
    const { status, body } = await stack.terminal("late");
    expect(status).toBe("CLIP_AVAILABLE");
    expect((body.retryTimestamps as number[]).length).toBeGreaterThan(0);
    expect(await stack.notified("late")).toHaveLength(1);
    // The schedules of the attempts are gone; the one that watches the deadline is still to come.
    expect((await schedules()).filter((name) => !name.startsWith("check-deadline-"))).toEqual([]);
  });
});

describe("a clip that nobody works on", () => {
  it("is answered at its deadline, once, even when the work is done later", async () => {
    const { functionName = "" } = stack.outputs.stages["render-clip"] ?? {};
    await stack.clients.lambda.send(
      new PutFunctionConcurrencyCommand({ FunctionName: functionName, ReservedConcurrentExecutions: 0 }),
    );
    const camera = await stack.camera("stalled", started - 3600_000, { recordings: 1 });
    await stack.request({
      clipId: "stalled",
      cameraId: camera.cameraId,
      startTimestampInMs: camera.startMs + 1000,
      endTimestampInMs: camera.startMs + 2000,
      retryTimestamps: [],
    });
    const { status, body } = await stack.terminal("stalled", 260_000);
    expect([status, body.reason]).toEqual(["FATAL_ERROR", "STALLED"]);

    await stack.clients.lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName: functionName }));
    await sleep(20_000);
    expect((await stack.notified("stalled")).map((told) => told.status)).toEqual(["FATAL_ERROR"]);
    expect(stack.puts("stalled").map((put) => put.body.status)).toEqual(["FATAL_ERROR"]);
    expect(await schedules()).toEqual([]);
  }, 400_000);
});

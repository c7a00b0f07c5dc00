import { ListEventSourceMappingsCommand, UpdateEventSourceMappingCommand } from "@aws-sdk/client-lambda";
import { PurgeQueueCommand, SendMessageBatchCommand } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createStack } from "./create-stack.ts";
import type { Stack } from "./stack.ts";
import { until } from "./until.ts";

let stack: Stack;

beforeAll(async () => {
  stack = await createStack({ CLIP_WORK_LIMIT: "60" });
  stack.emptyCamera("desert");
});
afterAll(() => stack?.[Symbol.asyncDispose]());

/** The shortest time for work is a minute, of which half may be waited: 500 clips at 50 functions of 3 s. */
const TOO_MANY = 550;

async function setRendering(Enabled: boolean): Promise<void> {
  const { functionName } = stack.outputs.stages["render-clip"] ?? {};
  const { lambda } = stack.clients;
  const { EventSourceMappings = [] } = await lambda.send(
    new ListEventSourceMappingsCommand({ FunctionName: functionName }),
  );
  for (const { UUID } of EventSourceMappings) await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled }));
}

const ask = () => {
  const start = Date.now() - 2 * 24 * 3600_000;
  const range = { startTimestampInMs: start, endTimestampInMs: start + 10_000 };
  return stack.request({ clipId: "late", cameraId: "desert", retryTimestamps: [], ...range });
};

it("refuses what would wait for too long, with the time to ask again, and takes the same clipId up later", async () => {
  await setRendering(false);
  const { queueUrl } = stack.outputs.stages["render-clip"] ?? {};
  for (let sent = 0; sent < TOO_MANY; sent += 10) {
    const Entries = Array.from({ length: 10 }, (_, index) => ({ Id: `m${index}`, MessageBody: "waits" }));
    await stack.clients.sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
  }
  await ask();
  const { status, body, attributes } = await stack.terminal("late");
  expect([status, attributes.reason]).toEqual(["FATAL_ERROR", "OVERLOADED"]);
  expect(body).toMatchObject({ retryable: true, retryAfterSeconds: expect.any(Number) });
  expect(stack.puts("late").map((put) => put.body)).toEqual([body]);

  await stack.clients.sqs.send(new PurgeQueueCommand({ QueueUrl: queueUrl }));
  await setRendering(true);
  // The functions count every few seconds.
  await until("the same request, taken up", 60_000, async () => {
    await ask();
    const told = await stack.notified("late");
    const isNotified = told.some((each) => each.status === "CLIP_NOT_AVAILABLE");
    return isNotified && stack.puts("late").at(-1)?.body.status === "CLIP_NOT_AVAILABLE" ? true : undefined;
  });
});

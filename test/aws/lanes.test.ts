import { ListEventSourceMappingsCommand, UpdateEventSourceMappingCommand } from "@aws-sdk/client-lambda";
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createStack } from "./create-stack.ts";
import type { Stack } from "./stack.ts";
import { until } from "./until.ts";

let stack: Stack;

beforeAll(async () => {
  stack = await createStack({ THUMBNAIL_SIZES: "80" });
});
afterAll(() => stack?.[Symbol.asyncDispose]());

const usualQueue = () => stack.outputs.stages["render-clip"]?.queueUrl ?? "";

/** Nobody works on the usual queue of render-clip any more, as if it were an hour long. */
async function setUsual(Enabled: boolean): Promise<void> {
  const { lambda } = stack.clients;
  const { functionName } = stack.outputs.stages["render-clip"] ?? {};
  const answer = await lambda.send(new ListEventSourceMappingsCommand({ FunctionName: functionName }));
  const name = usualQueue().split("/").at(-1);
  for (const { UUID, EventSourceArn } of answer.EventSourceMappings ?? [])
    if (EventSourceArn?.endsWith(`:${name}`)) await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled }));
}

it("lets clips with a priority go on while the usual queue stands still, and the others when it moves", async () => {
  const camera = await stack.camera("gate", Math.floor(Date.now() / 1000) * 1000 - 3600_000, { recordings: 1 });
  const ask = (clipId: string, priority?: string) => {
    const range = { startTimestampInMs: camera.startMs, endTimestampInMs: camera.startMs + 1000 };
    return stack.request({ clipId, cameraId: "gate", retryTimestamps: [], ...range, ...(priority && { priority }) });
  };
  await setUsual(false);
  await ask("usual");
  await until("the usual clip, waiting", 60_000, async () => {
    const command = new GetQueueAttributesCommand({ QueueUrl: usualQueue(), AttributeNames: ["All"] });
    const { Attributes } = await stack.clients.sqs.send(command);
    return Attributes?.ApproximateNumberOfMessages === "1" ? true : undefined;
  });
  await Promise.all([ask("urgent", "high"), ask("bulk", "low")]);
  for (const clipId of ["urgent", "bulk"]) expect((await stack.terminal(clipId)).status).toBe("CLIP_AVAILABLE");
  expect(await stack.notified("usual")).toEqual([]);

  await setUsual(true);
  expect((await stack.terminal("usual")).status).toBe("CLIP_AVAILABLE");
});

import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createStack } from "./create-stack.ts";
import type { Stack } from "./stack.ts";

let stack: Stack;
const CLIPS = 50;

beforeAll(async () => {
  stack = await createStack({ THUMBNAIL_SIZES: "80" });
});
afterAll(() => stack?.[Symbol.asyncDispose]());

it("gives fifty requests at once fifty terminal statuses, and tells each once", async () => {
  const camera = await stack.camera("busy", Math.floor(Date.now() / 1000) * 1000 - 3600_000, { recordings: 1 });
  stack.emptyCamera("desert");
  const ids = Array.from({ length: CLIPS }, (_, index) => `clip-${index}`);
  // Two of five ask for footage that does not exist.
  const isMissing = (index: number) => index % 5 > 2;
  await Promise.all(
    ids.map((clipId, index) => {
      const startTimestampInMs = camera.startMs + (index % 4) * 1000 - (isMissing(index) ? 2 * 24 * 3600_000 : 0);
      return stack.request({
        clipId,
        cameraId: isMissing(index) ? "desert" : "busy",
        startTimestampInMs,
        endTimestampInMs: startTimestampInMs + 1000,
        retryTimestamps: [],
      });
    }),
  );
  const statuses = await Promise.all(ids.map(async (id) => (await stack.terminal(id, 240_000)).status));
  expect(statuses).toEqual(ids.map((_, index) => (isMissing(index) ? "CLIP_NOT_AVAILABLE" : "CLIP_AVAILABLE")));

  const told = (await stack.notifications()).map(({ clipId }) => clipId).sort();
  expect(told).toEqual([...ids].sort());
  expect(stack.service.puts.map(({ clipId }) => clipId).sort()).toEqual([...ids].sort());
  for (const [stage, { dlqUrl }] of Object.entries(stack.outputs.stages)) {
    const { Attributes } = await stack.clients.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: dlqUrl, AttributeNames: ["ApproximateNumberOfMessages"] }),
    );
    expect(Attributes?.ApproximateNumberOfMessages, stage).toBe("0");
  }
}, 300_000);

import { setTimeout as sleep } from "node:timers/promises";
import { GetRolePolicyCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import {
  DeleteFunctionConcurrencyCommand,
  PutFunctionConcurrencyCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { GetQueueAttributesCommand, ReceiveMessageCommand, SetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { redriveStage } from "../../packages/cli/src/deployed/redrive.ts";
import { resourcesOf } from "../../tools/resource-graph/graph/graph.ts";
import { createStack } from "./create-stack.ts";
import type { TestCamera } from "./footage.ts";
import type { Stack } from "./stack.ts";
import { until } from "./until.ts";
import { killWorkers } from "./workers.ts";

let stack: Stack;
let camera: TestCamera;

beforeAll(async () => {
  stack = await createStack();
  camera = await stack.camera("pier", Math.floor(Date.now() / 1000) * 1000 - 3600_000, { recordings: 1 });
});
afterAll(() => stack?.[Symbol.asyncDispose]());

const request = (clipId: string) =>
  stack.request({
    clipId,
    cameraId: "pier",
    startTimestampInMs: camera.startMs + 1000,
    endTimestampInMs: camera.startMs + 3000,
    retryTimestamps: [],
  });

function parts(stage: string) {
  const found = stack.outputs.stages[stage];
  if (!found) throw new Error(`no stage ${stage}`);
  return found;
}

/** How often the camera service was asked for the camera; it does not answer while `silent`. */
function watchService(answer: (call: number) => "silent" | "unavailable" | "answer") {
  let calls = 0;
  stack.service.intercept = (request, response) => {
    if (request.method !== "GET" || !request.url?.startsWith("/cameras/pier")) return false;
    calls += 1;
    const how = answer(calls);
    if (how === "unavailable") response.writeHead(503).end("{}");
    return how !== "answer";
  };
  return () => calls;
}

async function expectOneAnswer(clipId: string): Promise<void> {
  expect((await stack.terminal(clipId, 150_000)).status).toBe("CLIP_AVAILABLE");
  await sleep(3_000);
  expect(await stack.notified(clipId)).toHaveLength(1);
  expect(stack.puts(clipId)).toHaveLength(1);
}

describe("a clip is published once", () => {
  it("when the camera service is down for a while", async () => {
    const calls = watchService((call) => (call <= 4 ? "unavailable" : "answer"));
    await request("outage");
    await expectOneAnswer("outage");
    expect(calls()).toBeGreaterThan(4);
  });

  it("when a function crashes in the middle of its work", async () => {
    // As on AWS a crashed batch stays hidden for the whole time-out, six minutes: here a few seconds.
    const { queueUrl, functionName } = parts("locate-sources");
    const Attributes = { VisibilityTimeout: "15" };
    await stack.clients.sqs.send(new SetQueueAttributesCommand({ QueueUrl: queueUrl, Attributes }));
    const calls = watchService((call) => (call === 1 ? "silent" : "answer"));
    await request("crash");
    await until("a call of the camera service", 30_000, () => calls() || undefined);
    expect(await killWorkers(stack.account, functionName)).toBeGreaterThan(0);
    await expectOneAnswer("crash");
  });

  it("when a function runs out of time", async () => {
    const { functionName } = parts("locate-sources");
    const setTimeoutTo = (Timeout: number) =>
      stack.clients.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: functionName, Timeout }));
    await setTimeoutTo(12);
    const calls = watchService((call) => (call === 1 ? "silent" : "answer"));
    await request("timeout");
    await expectOneAnswer("timeout");
    expect(calls()).toBeGreaterThan(1);
    await setTimeoutTo(60);
  });

  it("when a function is throttled for more receives than it may have deliveries", async () => {
    stack.service.intercept = undefined;
    const { functionName, queueUrl, dlqUrl } = parts("download-sources");
    await stack.clients.lambda.send(
      new PutFunctionConcurrencyCommand({ FunctionName: functionName, ReservedConcurrentExecutions: 0 }),
    );
    await request("throttled");
    // As Lambda's pollers do on AWS, before they know that there is no function; the emulator's do not.
    for (let receive = 1; receive <= 6; receive += 1)
      await until(`receive ${receive}`, 30_000, () => receivedFor1s(queueUrl));
    expect(await stack.notified("throttled")).toEqual([]);
    await stack.clients.lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName: functionName }));
    await expectOneAnswer("throttled");
    expect(await depth(dlqUrl)).toBe(0);
  });
});

describe("a stage that cannot work", () => {
  it("answers the clip on its last attempt, keeps the message, and can take it back after the repair", async () => {
    const role = resourcesOf(stack.graph, "aws:iam/role:Role").find(({ name }) => name === "RenderThumbnailsRole");
    const policy = { RoleName: role?.inputs.name, PolicyName: "inline" };
    const { PolicyDocument = "" } = await stack.clients.iam.send(new GetRolePolicyCommand(policy));
    const document = decodeURIComponent(PolicyDocument);
    const crippled = document.replaceAll(/arn:aws:s3:::camclips-emulated-destination[^"]*/g, "arn:aws:s3:::elsewhere");
    await stack.clients.iam.send(new PutRolePolicyCommand({ ...policy, PolicyDocument: crippled }));

    await request("broken");
    const { status, body } = await stack.terminal("broken", 200_000);
    expect([status, body.reason]).toEqual(["FATAL_ERROR", "INTERNAL"]);
    const { dlqUrl, queueUrl } = parts("render-thumbnails");
    await until("a dead letter", 200_000, async () => ((await depth(dlqUrl)) === 1 ? true : undefined));

    await stack.clients.iam.send(new PutRolePolicyCommand({ ...policy, PolicyDocument: document }));
    const redrive = {
      stage: "render-thumbnails",
      dlqUrl: String(dlqUrl),
      queueUrl,
      id: "redrive-1",
      nowMs: Date.now(),
    };
    await redriveStage(stack.clients.sqs, { ...redrive, limit: 10, dryRun: false });
    await stack.explained("broken", () =>
      until("the clip of the repaired stage, told to both sides", 60_000, async () =>
        (await stack.notified("broken")).length === 2 && stack.puts("broken").length === 2 ? true : undefined,
      ),
    );
    expect((await stack.notified("broken")).map((told) => told.status)).toEqual(["FATAL_ERROR", "CLIP_AVAILABLE"]);
    expect(stack.puts("broken").map((put) => put.body.status)).toEqual(["FATAL_ERROR", "CLIP_AVAILABLE"]);
  }, 500_000);
});

/** Takes the queue's message as somebody does who gives it back after a second. */
async function receivedFor1s(QueueUrl: string): Promise<true | undefined> {
  const { Messages = [] } = await stack.clients.sqs.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 1 }));
  return Messages.length > 0 ? true : undefined;
}

async function depth(QueueUrl: string): Promise<number> {
  const { Attributes } = await stack.clients.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["ApproximateNumberOfMessages"] }),
  );
  return Number(Attributes?.ApproximateNumberOfMessages);
}

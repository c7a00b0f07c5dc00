import { SQSClient } from "@aws-sdk/client-sqs";
import { startServer } from "@camclips/testing/test-server";
import { expect, it } from "vitest";
import { createBacklog } from "./backlog.ts";

const urlOf = (stage: string) => `https://sqs.eu-west-1.amazonaws.com/1/camclips-${stage}`;

it("counts what waits in every queue ahead, and not more often than every few seconds", async () => {
  let count = 0;
  await using server = await startServer((request, response) => {
    const isRender = JSON.parse(request.body).QueueUrl.endsWith("/1/camclips-render-clip");
    count += 1;
    response
      .writeHead(200)
      .end(JSON.stringify({ Attributes: { ApproximateNumberOfMessages: isRender ? "100" : "0" } }));
  });
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const options = { region: "eu-west-1", endpoint: server.url, credentials, useQueueUrlAsEndpoint: false };
  let nowMs = 0;
  const backlog = createBacklog(new SQSClient(options), urlOf, { now: () => nowMs });
  expect(await backlog.waitSeconds()).toBe(8);
  nowMs = 4_999;
  await backlog.waitSeconds();
  expect(count).toBe(4);
  nowMs = 5_000;
  await backlog.waitSeconds();
  expect(count).toBe(8);
});

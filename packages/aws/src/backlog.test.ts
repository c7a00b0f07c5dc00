import { SQSClient } from "@aws-sdk/client-sqs";
import { startServer } from "@camclips/testing/test-server";
import { expect, it } from "vitest";
import { createBacklog } from "./backlog.ts";

const urlOf = (stage: string, lane?: string) =>
  `https://sqs.eu-west-1.amazonaws.com/1/camclips-${lane ? `${stage}-${lane}` : stage}`;

const credentials = { accessKeyId: "test", secretAccessKey: "test" };

/** Counts 100 messages in the queues whose names match. */
async function countedQueues(full: RegExp) {
  const asked: string[] = [];
  const server = await startServer((request, response) => {
    const name = JSON.parse(request.body).QueueUrl.split("camclips-")[1];
    asked.push(name);
    const count = full.test(name) ? "100" : "0";
    response.writeHead(200).end(JSON.stringify({ Attributes: { ApproximateNumberOfMessages: count } }));
  });
  const options = { region: "eu-west-1", endpoint: server.url, credentials, useQueueUrlAsEndpoint: false };
  const clock = { nowMs: 0 };
  const backlog = createBacklog(new SQSClient(options), urlOf, { now: () => clock.nowMs });
  return { backlog, clock, asked, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

it("counts what waits in every queue ahead, and not more often than every few seconds", async () => {
  await using counted = await countedQueues(/^render-clip$/);
  const { backlog, clock, asked } = counted;
  expect(await backlog.waitSeconds(undefined)).toBe(6);
  clock.nowMs = 4_999;
  await backlog.waitSeconds(undefined);
  expect(asked).toHaveLength(4);
  clock.nowMs = 5_000;
  await backlog.waitSeconds(undefined);
  expect(asked).toHaveLength(8);
});

it("counts the queues of a lane for those who take it, and for nobody else", async () => {
  await using counted = await countedQueues(/^render-clip/);
  const { backlog, asked } = counted;
  await backlog.waitSeconds(undefined);
  expect(asked.filter((name) => /high|low/.test(name))).toEqual([]);
  // 20 functions of 3 s each.
  expect(await backlog.waitSeconds("high")).toBe(15);
  const own = ["download-sources-high", "locate-sources-high", "render-clip-high", "render-thumbnails"];
  expect(asked.slice(4).sort()).toEqual(own);
  expect(await backlog.waitSeconds("low")).toBe(30);
});

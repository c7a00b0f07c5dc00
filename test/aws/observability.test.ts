import { isDeepStrictEqual } from "node:util";
import { FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createStack } from "./create-stack.ts";
import type { Stack } from "./stack.ts";
import { until } from "./until.ts";

let stack: Stack;

beforeAll(async () => {
  stack = await createStack();
  const camera = await stack.camera("watched", Math.floor(Date.now() / 1000) * 1000 - 3600_000, { recordings: 1 });
  await stack.request({
    clipId: "watched",
    cameraId: "watched",
    startTimestampInMs: camera.startMs + 1000,
    endTimestampInMs: camera.startMs + 3000,
    retryTimestamps: [],
  });
  await stack.terminal("watched");
});
afterAll(() => stack?.[Symbol.asyncDispose]());

/** Every JSON line that the functions have logged. */
async function lines(): Promise<Record<string, unknown>[]> {
  const groups = Object.values(stack.outputs.stages).map(({ functionName }) => `/aws/lambda/${functionName}`);
  const perGroup = groups.map(async (logGroupName) => {
    const { events = [] } = await stack.clients.logs.send(new FilterLogEventsCommand({ logGroupName }));
    return events.flatMap(({ message = "" }) => message.split("\n")).filter((line) => line.startsWith("{"));
  });
  return (await Promise.all(perGroup)).flat().map((line) => JSON.parse(line) as Record<string, unknown>);
}

interface EmfMetric {
  Namespace: string;
  Dimensions: string[][];
  Metrics: { Name: string; Unit: string }[];
}

const emfOf = (line: Record<string, unknown>): EmfMetric[] =>
  (line._aws as { CloudWatchMetrics: EmfMetric[] } | undefined)?.CloudWatchMetrics ?? [];

/** Every metric in the lines, with its dimensions. */
const metricsIn = (found: Record<string, unknown>[]) =>
  found.flatMap((line) =>
    emfOf(line).flatMap(({ Namespace, Dimensions, Metrics }) =>
      Metrics.map(({ Name }) => ({
        metric: `${Namespace} ${Name}`,
        dimensions: Object.fromEntries(Dimensions.flat().map((dimension) => [dimension, line[dimension]])),
      })),
    ),
  );

describe("the deployed functions", () => {
  it("log one clip through every stage under one trace", async () => {
    const wanted = ["locate-sources", "download-sources", "render-clip", "render-thumbnails", "publish-clip"];
    const done = await until("a line of every stage", 30_000, async () => {
      const found = (await lines()).filter(({ message, clipId }) => message === "stage done" && clipId === "watched");
      return wanted.every((stage) => found.some((line) => line.stage === stage)) ? found : undefined;
    });
    const traces = new Set(done.flatMap(({ traceparent }) => (traceparent ? [String(traceparent).split("-")[1]] : [])));
    expect(traces.size).toBe(1);
    for (const line of done) expect(line).toMatchObject({ durationMs: expect.any(Number) });
  });

  it("emit the metrics that the alarm on unfinished clips adds up", async () => {
    const emitted = metricsIn(await lines());
    const service = "camclips-emulated";
    expect(emitted).toContainEqual({ metric: "camclips Accepted", dimensions: { service } });
    expect(emitted).toContainEqual({ metric: "camclips Published", dimensions: { service, status: "CLIP_AVAILABLE" } });
    expect(emitted).toContainEqual({ metric: "camclips Decided", dimensions: { service } });
    const names = new Set(emitted.map(({ metric }) => metric.split(" ")[1]));
    for (const name of ["WaitMs", "WorkMs", "RealtimeFactor", "BytesFetched", "BytesOut"])
      expect(names).toContain(name);
  });

  it("look for the clip that has been worked on for longest when the clock says so", async () => {
    const { queueUrl } = stack.outputs.stages["watch-clips"] ?? {};
    await stack.clients.sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: "{}" }));
    const wanted = { metric: "camclips OldestWorkingMs", dimensions: { service: "camclips-emulated" } };
    await until("an age", 30_000, async () =>
      metricsIn(await lines()).some((emitted) => isDeepStrictEqual(emitted, wanted)) ? true : undefined,
    );
  });
});

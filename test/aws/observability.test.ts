import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createStack } from "./create-stack.ts";
import type { Stack } from "./stack.ts";
import { untilLogged } from "./until.ts";

let stack: Stack;
let startMs: number;

beforeAll(async () => {
  stack = await createStack();
  const camera = await stack.camera("watched", Math.floor(Date.now() / 1000) * 1000 - 3600_000, { recordings: 1 });
  startMs = camera.startMs;
  await publish("watched");
});
afterAll(() => stack?.[Symbol.asyncDispose]());

/** One clip through every stage. */
async function publish(clipId: string): Promise<void> {
  await stack.request({
    clipId,
    cameraId: "watched",
    startTimestampInMs: startMs + 1000,
    endTimestampInMs: startMs + 3000,
    retryTimestamps: [],
  });
  await stack.terminal(clipId);
}

/** Another clip, which tells nothing new of the first. */
const publishAnother = () => publish(`another-${randomUUID()}`);

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

/** Waits until a metric has been logged with exactly these dimensions. */
const untilEmitted = (wanted: { metric: string; dimensions: Record<string, string> }, again: () => Promise<unknown>) =>
  untilLogged(
    wanted.metric,
    async () => (metricsIn(await lines()).some((emitted) => isDeepStrictEqual(emitted, wanted)) ? true : undefined),
    again,
  );

describe("the deployed functions", () => {
  it("log one clip through every stage under one trace", async () => {
    const wanted = [
      "accept-request",
      "locate-sources",
      "download-sources",
      "render-clip",
      "render-thumbnails",
      "publish-clip",
    ];
    const look = async () => {
      const found = (await lines()).filter(({ message, clipId }) => message === "stage done" && clipId === "watched");
      return wanted.every((stage) => found.some((line) => line.stage === stage)) ? found : undefined;
    };
    const done = await untilLogged("a line of every stage", look, publishAnother);
    const traces = new Set(done.flatMap(({ traceparent }) => (traceparent ? [String(traceparent).split("-")[1]] : [])));
    expect(traces.size).toBe(1);
    for (const line of done) expect(line).toMatchObject({ durationMs: expect.any(Number) });
  });

  it("emit the metrics that the alarm on unfinished clips adds up", async () => {
    const service = "camclips-emulated";
    const available = { service, status: "CLIP_AVAILABLE" };
    await untilEmitted({ metric: "camclips Accepted", dimensions: { service } }, publishAnother);
    await untilEmitted({ metric: "camclips Published", dimensions: available }, publishAnother);
    for (const name of ["Decided", "WaitMs", "WorkMs", "RealtimeFactor", "BytesFetched", "BytesOut"])
      await untilEmitted({ metric: `camclips ${name}`, dimensions: { service } }, publishAnother);
  });

  it("look for the clip that has been worked on for longest when the clock says so", async () => {
    const { queueUrl } = stack.outputs.stages["watch-clips"] ?? {};
    const watch = () => stack.clients.sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: "{}" }));
    await watch();
    await untilEmitted({ metric: "camclips OldestWorkingMs", dimensions: { service: "camclips-emulated" } }, watch);
  });
});

import { readFile } from "node:fs/promises";
import { workingStatus } from "@camclips/core";
import { ClipRejected, type Reason, RequestAccepted, reason, ThumbnailsRendered } from "@camclips/events";
import { acceptRequest } from "@camclips/functions/accept-request";
import { locateSources } from "@camclips/functions/locate-sources";
import { publishClip } from "@camclips/functions/publish-clip";
import { watchClips } from "@camclips/functions/watch-clips";
import { type Datapoint, metricsPrintedBy } from "@camclips/testing/metrics/emf";
import { goesOff, type TimedDatapoint } from "@camclips/testing/metrics/evaluate-alarm";
import { sampleData } from "@camclips/testing/sample-events";
import {
  deliver,
  down,
  eventOf,
  request,
  requestBody,
  type StageWorld,
  testWorld,
} from "@camclips/testing/stage-world";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { createMetrics } from "../packages/functions/src/lambda/metrics.ts";
import { evaluateStage, exampleEnvironment } from "../tools/resource-graph/graph/evaluate-stage.ts";
import { type Graph, resourcesOf } from "../tools/resource-graph/graph/graph.ts";
import { stageParts } from "../tools/resource-graph/rules/stage-parts.ts";

const MINUTE = 60;

let graph: Graph;
const fired = new Set<string>();

beforeAll(async () => {
  graph = await evaluateStage("production", exampleEnvironment);
}, 300_000);

const alarms = () => resourcesOf(graph, "aws:cloudwatch/metricAlarm:MetricAlarm").map(({ inputs }) => inputs);

/** The names of the alarms that go off, without the stage's. */
function goingOff(...data: TimedDatapoint[][]): string[] {
  const names = alarms().flatMap((alarm) => (goesOff(alarm, data.flat()) ? [alarm.name] : []));
  const short = names.map((name) => name.replace("camclips-production-", "")).sort();
  for (const name of short) fired.add(name);
  return short;
}

const at = (minutesAgo: number, points: readonly Datapoint[], times = 1): TimedDatapoint[] =>
  Array.from({ length: times }, () => points.map((point) => ({ ...point, secondsAgo: minutesAgo * MINUTE }))).flat();

/** What the real stages print as metrics, under the environment that the stacks give their functions. */
async function printedBy(act: (world: StageWorld) => Promise<unknown>): Promise<Datapoint[]> {
  const [handler] = resourcesOf(graph, "aws:lambda/function:Function");
  for (const [name, value] of Object.entries(handler?.inputs.environment.variables ?? {})) vi.stubEnv(name, value);
  // Otherwise the metrics have a console of their own.
  vi.stubEnv("POWERTOOLS_DEV", "true");
  vi.stubEnv("POWERTOOLS_METRICS_DISABLED", "false");
  await using world = await testWorld();
  const { metrics, flush } = createMetrics();
  world.deps.metrics = metrics;
  return await metricsPrintedBy(async () => {
    await act(world);
    flush();
  });
}

const aws = (namespace: string, name: string, dimensions: Record<string, string>, value: number): Datapoint[] => [
  { namespace, name, dimensions, value },
];
const queue = (name: string, QueueName = "", value = 1) => aws("AWS/SQS", name, { QueueName }, value);
const lambda = (name: string, FunctionName = "", value = 1) => aws("AWS/Lambda", name, { FunctionName }, value);

const decided = (why?: Reason): Promise<Datapoint[]> =>
  printedBy((world) => {
    const refusal = { request: request(), status: "FATAL_ERROR", message: "no", conflict: false } as const;
    const event = why
      ? eventOf(ClipRejected.happened({ ...refusal, reason: why }))
      : eventOf(ThumbnailsRendered.happened({ ...sampleData.ThumbnailsRendered, request: request() }));
    return deliver(publishClip, event, world);
  });

const watched = (workingForMs?: number): Promise<Datapoint[]> =>
  printedBy(async (world) => {
    const since = world.nowMs - (workingForMs ?? 0);
    const status = workingStatus(request(), new Date(world.nowMs).toISOString(), since);
    if (workingForMs !== undefined) await world.deps.records.setStatus(status);
    await deliver(watchClips, {}, world);
  });

/** The watch goes, and finds nothing: what is always there. */
const quiet = async () => [0, 5].flatMap((minutes) => at(minutes, idle));
let idle: Datapoint[];
beforeAll(async () => {
  idle = await watched();
}, 300_000);

const parts = () => stageParts(graph);

describe("an alarm goes off, and no other, when", () => {
  it("a message rests in any stage's dead letters", async () => {
    for (const { row, dlq } of parts()) {
      const letters = queue("ApproximateNumberOfMessagesVisible", dlq?.inputs.name);
      expect(goingOff(await quiet(), at(0, letters))).toEqual([`${row.stage}-dead-letters`]);
    }
    const schedules = queue("ApproximateNumberOfMessagesVisible", "camclips-production-schedules-dlq");
    expect(goingOff(await quiet(), at(0, schedules))).toEqual(["schedules-dead-letters"]);
  });

  it("a message has waited for more than half of the time for the work", async () => {
    for (const { part, mapping } of parts()) {
      const waits = (seconds: number) =>
        at(0, queue("ApproximateAgeOfOldestMessage", mapping?.inputs.eventSourceArn.split(":")[5], seconds));
      expect(goingOff(await quiet(), waits(1801))).toEqual([`${part}-oldest-message`]);
      expect(goingOff(await quiet(), waits(1800))).toEqual([]);
    }
  });

  it("a function crashed", async () => {
    for (const { row, handler } of parts())
      expect(goingOff(await quiet(), at(0, lambda("Errors", handler?.inputs.name)))).toEqual([`${row.stage}-errors`]);
  });

  it("a function is throttled for fifteen minutes, and not for ten", async () => {
    for (const { row, handler } of parts()) {
      const throttled = (minutes: number) => at(minutes, lambda("Throttles", handler?.inputs.name));
      const [now, before, first] = [throttled(0), throttled(5), throttled(10)];
      expect(goingOff(await quiet(), now, before, first)).toEqual([`${row.stage}-throttles`]);
      expect(goingOff(await quiet(), now, before)).toEqual([]);
    }
  });

  it("the camera service is down for ten minutes", async () => {
    const retry = await printedBy(async (world) => {
      world.fault = (effect) => void (effect === "alias" && down());
      await deliver(locateSources, eventOf(RequestAccepted.happened({ request: request() })), world);
    });
    expect(goingOff(await quiet(), at(0, retry, 3), at(5, retry, 3))).toEqual(["camera-service-retries"]);
    expect(goingOff(await quiet(), at(0, retry, 30))).toEqual([]);
    expect(goingOff(await quiet(), at(0, retry, 2), at(5, retry, 2))).toEqual([]);
  });

  it("a clip has been worked on for more than half of its time", async () => {
    const late = await watched(1_800_001);
    const inTime = await watched(1_800_000);
    expect(goingOff(at(0, late), at(5, late))).toEqual(["oldest-working-clip"]);
    expect(goingOff(at(0, inTime), at(5, late))).toEqual([]);
  });

  it("nobody looks for such clips any more", () => {
    expect(goingOff([])).toEqual(["oldest-working-clip"]);
  });

  it("too many clips are refused for a reason", async () => {
    const fine = await decided();
    const pending = ["RECORDING_NOT_YET_AVAILABLE", "PARTIAL_COVERAGE_WAITING", "FUTURE_RANGE"];
    const never = [...pending, "ALREADY_DELIVERED", "CANCELLED"];
    const ours = ["CAMERA_SERVICE_UNAVAILABLE", "INTERNAL", "OVERLOADED", "STALLED", "VERIFY_FAILED"];
    for (const why of reason.options.filter((value) => !never.includes(value))) {
      const refused = await decided(why);
      const of = async (bad: number, good: number) => goingOff(await quiet(), at(20, refused, bad), at(20, fine, good));
      const name = `refused-${why.toLowerCase().replaceAll("_", "-")}`;
      const [least, most] = ours.includes(why) ? [296, 297] : [11, 12];
      expect(await of(3, least)).toEqual([name]);
      expect(await of(3, most), why).toEqual([]);
      expect(await of(2, 0)).toEqual([]);
    }
  });

  it("accepted clips come to no end", async () => {
    const accepted = await printedBy((world) => deliver(acceptRequest, requestBody(), world));
    const ended = await decided();
    const of = (ends: number) => [1, 7].flatMap((hours) => [at(hours * 60, accepted, 20), at(hours * 60, ended, ends)]);
    expect(goingOff(await quiet(), ...of(18))).toEqual(["unfinished-clips"]);
    expect(goingOff(await quiet(), ...of(19))).toEqual([]);
  });
});

it("every alarm is explained to whoever it calls", async () => {
  const page = await readFile(new URL("../docs/operations.md", import.meta.url), "utf8");
  const rows = [...page.matchAll(/^\| (`[a-z<>-]+`(?:, `[a-z<>-]+`)*) \|/gm)];
  const explained = rows
    .flatMap(([, names = ""]) => names.replaceAll("`", "").split(", "))
    .flatMap((name) => [
      name,
      ...parts().map(({ row, lane = "" }) => name.replace("<function>", row.stage).replace("<lane>", lane)),
      ...reason.options.map((why) => name.replace("<reason>", why.toLowerCase().replaceAll("_", "-"))),
    ]);
  const names = alarms().map(({ name }) => name.replace("camclips-production-", ""));
  expect(names.filter((name) => !explained.includes(name))).toEqual([]);
});

it("has seen every alarm go off", () => {
  expect([...fired].sort()).toEqual(
    alarms()
      .map(({ name }) => name.replace("camclips-production-", ""))
      .sort(),
  );
});

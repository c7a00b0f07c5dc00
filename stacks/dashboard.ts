/// <reference path="../.sst/platform/config.d.ts" />
import { globalNameOf, serviceName } from "./names.ts";
import type { DeployedStage } from "./pipeline.ts";
import type { Place } from "./place.ts";
import { queuesOf } from "./queues.ts";

type Metric = (string | $util.Output<string> | Record<string, unknown>)[];

type Chart = [title: string, stat: string, metrics: Metric[]];

const WIDTH = 12;
const HEIGHT = 6;

/** One page: clips in and out, how long they take, bytes moved, and the health of every queue and function. */
export function dashboard(deployed: readonly DeployedStage[], place: Place) {
  const { region } = place;
  const own = (metricName: string, stat = "Sum"): Metric[] => [[{ expression: search(metricName, stat) }]];
  const perQueue = (metricName: string): Metric[] =>
    deployed.flatMap(({ row, queue }) =>
      queuesOf(row.stage, queue).map((own) => ["AWS/SQS", metricName, "QueueName", own.queue.name]),
    );
  const perFunction = (metricName: string): Metric[] =>
    deployed.map(({ functionName }) => ["AWS/Lambda", metricName, "FunctionName", functionName]);
  const deadLetters = deployed.flatMap(({ queue: { dlq } }): Metric[] =>
    dlq ? [["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", dlq.name]] : [],
  );

  const charts: Chart[] = [
    ["Accepted", "Sum", own("Accepted")],
    ["Published, by status", "Sum", own("Published")],
    ["Refused, by reason", "Sum", own("Refused")],
    ["Oldest clip at work, ms", "Maximum", own("OldestWorkingMs", "Maximum")],
    ["Waiting for footage, ms", "p95", own("WaitMs", "p95")],
    ...(deployed.some(({ row }) => row.input.from === "origin")
      ? [["Woken by new recordings", "Sum", own("Woken")] satisfies Chart]
      : []),
    ["Work, ms", "p95", own("WorkMs", "p95")],
    ["Real-time factor", "Average", own("RealtimeFactor", "Average")],
    ["Bytes in and out", "Sum", [...own("BytesFetched"), ...own("BytesOut")]],
    ["Retries and dead letters", "Sum", [...own("Retries"), ...own("DeadLetters")]],
    ["Dead-letter queues: messages", "Maximum", deadLetters],
    ["Oldest message, seconds", "Maximum", perQueue("ApproximateAgeOfOldestMessage")],
    ["Function errors", "Sum", perFunction("Errors")],
    ["Function throttles", "Sum", perFunction("Throttles")],
    ["Function time, ms", "p95", perFunction("Duration")],
    ["Functions at once", "Maximum", perFunction("ConcurrentExecutions")],
  ];
  new aws.cloudwatch.Dashboard("Dashboard", {
    dashboardName: globalNameOf("pipeline", place),
    dashboardBody: $jsonStringify({
      widgets: charts.map(([title, stat, metrics], index) => ({
        type: "metric",
        x: (index % 2) * WIDTH,
        y: Math.floor(index / 2) * HEIGHT,
        width: WIDTH,
        height: HEIGHT,
        properties: { title, stat, metrics, region, period: 300, view: "timeSeries" },
      })),
    }),
  });
}

/** Every series of one of the functions' own metrics in this stage, whatever its other dimensions are. */
function search(metricName: string, stat: string): string {
  return `SEARCH('Namespace="${$app.name}" MetricName="${metricName}" service="${serviceName()}"', '${stat}', 300)`;
}

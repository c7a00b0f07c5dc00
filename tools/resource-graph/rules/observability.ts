import { terminalStatus } from "@camclips/events";
import { type Graph, type Resource, resourcesOf } from "../graph/graph.ts";
import { expectThat, type GraphRule } from "./rule.ts";
import { isDeadLetterQueue, stageParts } from "./stage-parts.ts";

type Alarm = Resource<"aws:cloudwatch/metricAlarm:MetricAlarm">;

const alarms = (graph: Graph): Alarm[] => resourcesOf(graph, "aws:cloudwatch/metricAlarm:MetricAlarm");

/** Dashboard and alarms are for stages that somebody watches. */
const watched = (graph: Graph): boolean => graph.app.removal === "retain";

function watches(graph: Graph, metricName: string, dimension: string, value: string | undefined): boolean {
  return alarms(graph).some(
    ({ inputs }) => inputs.metricName === metricName && value !== undefined && inputs.dimensions?.[dimension] === value,
  );
}

/** One message in any dead-letter queue raises an alarm. */
export const deadLettersRaiseAlarms: GraphRule = (graph) =>
  !watched(graph)
    ? []
    : resourcesOf(graph, "aws:sqs/queue:Queue")
        .filter(isDeadLetterQueue)
        .flatMap(({ inputs: { name } }) =>
          expectThat(
            watches(graph, "ApproximateNumberOfMessagesVisible", "QueueName", name),
            `nobody hears of dead letters in ${name}`,
          ),
        );

/** Every stage has alarms on waiting messages, on crashes and on throttling. */
export const stagesRaiseAlarms: GraphRule = (graph) =>
  !watched(graph)
    ? expectThat(alarms(graph).length === 0, "a personal stage pays for alarms")
    : stageParts(graph).flatMap(({ row, part, mapping, handler }) => [
        ...expectThat(
          watches(graph, "ApproximateAgeOfOldestMessage", "QueueName", mapping?.inputs.eventSourceArn.split(":")[5]),
          `nobody hears of messages that wait for ${part}`,
        ),
        ...expectThat(
          watches(graph, "Errors", "FunctionName", handler?.inputs.name),
          `nobody hears of crashes of ${row.stage}`,
        ),
        ...expectThat(
          watches(graph, "Throttles", "FunctionName", handler?.inputs.name),
          `nobody hears of throttling of ${row.stage}`,
        ),
      ]);

/** Clips without an end raise an alarm; a terminal status it does not count would raise it for nothing. */
export const unfinishedClipsRaiseAnAlarm: GraphRule = (graph) => {
  if (!watched(graph)) return [];
  const alarm = alarms(graph).find(({ inputs }) => inputs.name.endsWith("-unfinished-clips"));
  const queries = alarm?.inputs.metricQueries ?? [];
  const counted = queries.flatMap(({ metric }) => metric?.dimensions.status ?? []).sort();
  const terminal = [...terminalStatus.options].sort();
  const ids = queries.flatMap(({ id, metric }) => (metric ? [id] : []));
  const expression = queries.find(({ returnData }) => returnData)?.expression ?? "";
  return [
    ...expectThat(counted.join() === terminal.join(), `the alarm on unfinished clips counts ${counted.join(", ")}`),
    ...expectThat(
      ids.every((id) => new RegExp(`\\b${id}\\b`).test(expression)),
      "the alarm on unfinished clips leaves a metric out of its sum",
    ),
  ];
};

/** The dashboard shows every queue and every function. */
export const dashboardShowsEveryStage: GraphRule = (graph) => {
  const [dashboard] = resourcesOf(graph, "aws:cloudwatch/dashboard:Dashboard");
  if (!watched(graph)) return expectThat(dashboard === undefined, "a personal stage pays for a dashboard");
  const body = dashboard?.inputs.dashboardBody ?? "";
  return stageParts(graph).flatMap(({ part, mapping, handler, dlq }) => {
    const names = [mapping?.inputs.eventSourceArn.split(":")[5], handler?.inputs.name, dlq?.inputs.name];
    return expectThat(
      names.every((name) => name === undefined || body.includes(`"${name}"`)),
      `the dashboard does not show ${part}`,
    );
  });
};

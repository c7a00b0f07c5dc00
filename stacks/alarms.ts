/// <reference path="../.sst/platform/config.d.ts" />
import { status } from "@camclips/events";
import type { Resources } from "./grants.ts";
import { logicalName, nameOf, serviceName } from "./names.ts";
import type { DeployedStage } from "./pipeline.ts";

const FIVE_MINUTES = 300;
const SIX_HOURS = 6 * 3600;

type AlarmArgs = Omit<aws.cloudwatch.MetricAlarmArgs, "name" | "comparisonOperator" | "evaluationPeriods"> & {
  evaluationPeriods?: number;
};

/** What each alarm means, and what to do then, stands in docs/operations.md. */
export function alarms(deployed: readonly DeployedStage[], { settings, messaging }: Resources) {
  const actions = settings.ALARM_TOPIC ? [settings.ALARM_TOPIC] : [];
  const alarm = (part: string, args: AlarmArgs) =>
    new aws.cloudwatch.MetricAlarm(`${logicalName(part)}Alarm`, {
      name: nameOf(part),
      comparisonOperator: "GreaterThanThreshold",
      evaluationPeriods: 1,
      treatMissingData: "notBreaching",
      alarmActions: actions,
      okActions: actions,
      ...args,
    });

  const deadLetters = (part: string, queueName: $util.Output<string>) =>
    alarm(`${part}-dead-letters`, {
      alarmDescription: `Messages rest in the dead-letter queue of ${part}.`,
      ...queueMetric("ApproximateNumberOfMessagesVisible", queueName),
      threshold: 0,
    });

  deadLetters("schedules", messaging.schedules.dlq.name);
  for (const { row, queue, functionName } of deployed) {
    if (queue.dlq) deadLetters(row.stage, queue.dlq.name);
    alarm(`${row.stage}-oldest-message`, {
      alarmDescription: `A message of ${row.stage} has waited half of the time that a clip's work may take.`,
      ...queueMetric("ApproximateAgeOfOldestMessage", queue.name),
      threshold: settings.CLIP_WORK_LIMIT / 2,
    });
    alarm(`${row.stage}-errors`, {
      alarmDescription: `${row.stage} crashed or ran out of time (failed records do not count as errors).`,
      namespace: "AWS/Lambda",
      metricName: "Errors",
      dimensions: { FunctionName: functionName },
      statistic: "Sum",
      period: FIVE_MINUTES,
      threshold: 0,
    });
  }
  alarm("unfinished-clips", {
    alarmDescription: "Over twelve hours more than 5 % of the accepted clips have not reached a terminal status.",
    evaluationPeriods: 2,
    threshold: 0.05,
    metricQueries: unfinishedShare(),
  });
}

function queueMetric(metricName: string, queueName: $util.Output<string>) {
  return {
    namespace: "AWS/SQS",
    metricName,
    dimensions: { QueueName: queueName },
    statistic: "Maximum",
    period: FIVE_MINUTES,
  };
}

/**
 * (accepted - terminal) / accepted, per six hours. Clips in flight at the edges of a period make a small share go up
 * and down, which is why it is no simple difference; the clip that is lost on its own is check-deadline's to find.
 * An alarm cannot search for metrics, so every terminal status is a query of its own.
 */
function unfinishedShare(): aws.types.input.cloudwatch.MetricAlarmMetricQuery[] {
  const terminal = status.exclude(["CLIP_PENDING"]).options;
  const metric = (metricName: string, dimensions: Record<string, string>) => ({
    namespace: $app.name,
    metricName,
    dimensions,
    stat: "Sum",
    period: SIX_HOURS,
  });
  return [
    { id: "accepted", metric: metric("Accepted", { service: serviceName() }) },
    ...terminal.map((value, index) => ({
      id: `t${index}`,
      metric: metric("Published", { service: serviceName(), status: value }),
    })),
    {
      id: "share",
      label: "accepted, not terminal",
      expression: `IF(FILL(accepted, 0) > 0, (accepted - (${terminal.map((_, index) => `FILL(t${index}, 0)`).join(" + ")})) / accepted, 0)`,
      returnData: true,
    },
  ];
}

/// <reference path="../.sst/platform/config.d.ts" />
import type { Resources } from "./grants.ts";
import { logicalName, nameOf, serviceName } from "./names.ts";
import type { DeployedStage } from "./pipeline.ts";
import { queuesOf } from "./queues.ts";
import { refusedShares, unfinishedShare } from "./shares.ts";

const FIVE_MINUTES = 300;

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
    for (const { part, queue: own } of queuesOf(row.stage, queue))
      alarm(`${part}-oldest-message`, {
        alarmDescription: `A message of ${part} has waited half of the time that a clip's work may take.`,
        ...queueMetric("ApproximateAgeOfOldestMessage", own.name),
        threshold: settings.CLIP_WORK_LIMIT / 2,
      });
    alarm(`${row.stage}-errors`, {
      alarmDescription: `${row.stage} crashed or ran out of time (failed records do not count as errors).`,
      ...functionMetric("Errors", functionName),
      threshold: 0,
    });
    alarm(`${row.stage}-throttles`, {
      alarmDescription: `For fifteen minutes Lambda had no room for ${row.stage}: the account's functions at once are used up.`,
      ...functionMetric("Throttles", functionName),
      evaluationPeriods: 3,
      threshold: 0,
    });
  }
  alarm("camera-service-retries", {
    alarmDescription: "For ten minutes the camera service has given locate-sources no usable answer, again and again.",
    ...ownMetric("Retries", "Sum", { stage: "locate-sources" }),
    evaluationPeriods: 2,
    threshold: 2,
  });
  alarm("oldest-working-clip", {
    alarmDescription: "A clip has been worked on for half of the time that it may take, or watch-clips stands still.",
    ...ownMetric("OldestWorkingMs", "Maximum"),
    evaluationPeriods: 2,
    threshold: (settings.CLIP_WORK_LIMIT * 1000) / 2,
    treatMissingData: "breaching",
  });
  for (const { reason, percent, queries } of refusedShares()) {
    alarm(`refused-${reason.toLowerCase().replaceAll("_", "-")}`, {
      alarmDescription: `In half an hour more than ${percent} % of the clips, and three at least, ended with ${reason}.`,
      threshold: percent / 100,
      metricQueries: queries,
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

function functionMetric(metricName: string, functionName: $util.Output<string>) {
  return {
    namespace: "AWS/Lambda",
    metricName,
    dimensions: { FunctionName: functionName },
    statistic: "Sum",
    period: FIVE_MINUTES,
  };
}

/** One of the functions' own. */
function ownMetric(metricName: string, statistic: "Sum" | "Maximum", dimensions: Record<string, string> = {}) {
  return {
    namespace: $app.name,
    metricName,
    dimensions: { service: serviceName(), ...dimensions },
    statistic,
    period: FIVE_MINUTES,
  };
}

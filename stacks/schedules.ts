/// <reference path="../.sst/platform/config.d.ts" />
import type { PipelineStage } from "@camclips/events";
import { useKeys } from "./keys.ts";
import { globalNameOf, logicalName, nameOf } from "./names.ts";
import type { Place } from "./place.ts";
import { type DeadLetterQueue, type QueueRef, queueArns } from "./queues.ts";
import type { StageSettings } from "./settings.ts";

/**
 * Where one-shot schedules live and the role they act in, which can do one thing: send to the stages' queues (and, when
 * that fails, to the schedules' dead-letter queue).
 */
export function schedules(
  targets: readonly QueueRef[],
  dlq: DeadLetterQueue,
  { KMS_KEY_ARNS }: StageSettings,
  place: Place,
) {
  const isBrought = targets.some((queue) => !queue.dlq);
  const group = new aws.scheduler.ScheduleGroup("Schedules", { name: nameOf("schedules") });
  const role = new aws.iam.Role("SchedulesRole", {
    name: globalNameOf("schedules", place),
    assumeRolePolicy: aws.iam.getPolicyDocumentOutput({
      statements: [
        {
          actions: ["sts:AssumeRole"],
          principals: [{ type: "Service", identifiers: ["scheduler.amazonaws.com"] }],
          // Without it, schedules of another account could act in this role (the confused deputy).
          conditions: [{ test: "StringEquals", variable: "aws:SourceArn", values: [group.arn] }],
        },
      ],
    }).json,
    inlinePolicies: [
      {
        name: "send",
        policy: aws.iam.getPolicyDocumentOutput({
          statements: [
            { actions: ["sqs:SendMessage"], resources: [...targets, dlq].flatMap(queueArns) },
            ...useKeys(KMS_KEY_ARNS, { decrypts: isBrought, encrypts: isBrought }),
          ],
        }).json,
      },
    ],
  });
  return { group, role };
}

type Schedules = ReturnType<typeof schedules> & { dlq: DeadLetterQueue };

/** Has a message sent to a stage's queue again and again. */
export function clock(row: PipelineStage, queue: QueueRef, { group, role, dlq }: Schedules) {
  if (row.input.from !== "clock") return;
  new aws.scheduler.Schedule(`${logicalName(row.stage)}Clock`, {
    name: nameOf(row.stage),
    groupName: group.name,
    scheduleExpression: `rate(${row.input.everyMinutes} minutes)`,
    flexibleTimeWindow: { mode: "OFF" },
    target: {
      arn: queue.arn,
      roleArn: role.arn,
      input: "{}",
      deadLetterConfig: { arn: dlq.arn },
      // The next one comes soon enough.
      retryPolicy: { maximumEventAgeInSeconds: 60, maximumRetryAttempts: 0 },
    },
  });
}

import {
  ConflictException,
  CreateScheduleCommand,
  DeleteScheduleCommand,
  ResourceNotFoundException,
  type SchedulerClient,
} from "@aws-sdk/client-scheduler";
import type { ScheduledMessage, Scheduler, Schedules } from "@camclips/core";

export interface SchedulerOptions {
  group: string;
  /** Lets the scheduler send to the queues. */
  roleArn: string;
  deadLetterArn: string;
  queueArn(queue: ScheduledMessage["queue"], lane: ScheduledMessage["lane"]): string;
  now(): number;
}

/** `at()` has whole seconds; an instant that has passed would never fire. */
const SOONEST_MS = 5_000;

/** "Minute-level precision": within the minute after the instant. */
const LATE_BY_MS = 60_000;

/** One-shot schedules on EventBridge Scheduler; they delete themselves after firing. */
export function createScheduler(client: SchedulerClient, options: SchedulerOptions): Scheduler {
  return {
    lateByMs: LATE_BY_MS,
    async schedule({ name, atMs, queue, lane, body }, signal) {
      const instant = new Date(Math.ceil(Math.max(atMs, options.now() + SOONEST_MS) / 1000) * 1000);
      const command = new CreateScheduleCommand({
        Name: name,
        GroupName: options.group,
        ScheduleExpression: `at(${instant.toISOString().slice(0, 19)})`,
        ScheduleExpressionTimezone: "UTC",
        FlexibleTimeWindow: { Mode: "OFF" },
        ActionAfterCompletion: "DELETE",
        Target: {
          Arn: options.queueArn(queue, lane),
          RoleArn: options.roleArn,
          Input: body,
          DeadLetterConfig: { Arn: options.deadLetterArn },
          RetryPolicy: { MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 60 },
        },
      });
      try {
        await client.send(command, { abortSignal: signal });
        return "scheduled";
      } catch (error) {
        if (error instanceof ConflictException) return "already scheduled";
        throw error;
      }
    },
  };
}

/** The one-shot schedules of a group. */
export function createSchedules(client: SchedulerClient, GroupName: string): Schedules {
  return {
    async unschedule(Name, signal) {
      try {
        await client.send(new DeleteScheduleCommand({ Name, GroupName }), { abortSignal: signal });
      } catch (error) {
        if (!(error instanceof ResourceNotFoundException)) throw error;
      }
    },
  };
}

import {
  CreateArchiveCommand,
  CreateEventBusCommand,
  PutRuleCommand,
  PutTargetsCommand,
} from "@aws-sdk/client-eventbridge";
import { CreateScheduleCommand, CreateScheduleGroupCommand } from "@aws-sdk/client-scheduler";
import { CreateTopicCommand, SetTopicAttributesCommand } from "@aws-sdk/client-sns";
import { CreateQueueCommand, SetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import type { Creators } from "./types.ts";

export const messagingCreators: Creators = {
  "aws:cloudwatch/eventBus:EventBus": async ({ name }, { clients }) => {
    const { EventBusArn } = await clients.events.send(new CreateEventBusCommand({ Name: name }));
    return { arn: EventBusArn };
  },
  "aws:cloudwatch/eventRule:EventRule": async ({ name, eventBusName, eventPattern }, { clients }) => {
    const { RuleArn } = await clients.events.send(
      new PutRuleCommand({ Name: name, EventBusName: eventBusName, EventPattern: eventPattern, State: "ENABLED" }),
    );
    return { arn: RuleArn };
  },
  "aws:cloudwatch/eventTarget:EventTarget": async (target, { clients }) => {
    const { FailedEntries = [] } = await clients.events.send(
      new PutTargetsCommand({
        Rule: target.rule,
        EventBusName: target.eventBusName,
        Targets: [
          {
            Id: target.targetId,
            Arn: target.arn,
            DeadLetterConfig: { Arn: target.deadLetterConfig?.arn },
            RetryPolicy: {
              MaximumEventAgeInSeconds: target.retryPolicy?.maximumEventAgeInSeconds,
              MaximumRetryAttempts: target.retryPolicy?.maximumRetryAttempts,
            },
          },
        ],
      }),
    );
    if (FailedEntries.length > 0) throw new Error(`${target.targetId}: ${JSON.stringify(FailedEntries)}`);
    return {};
  },
  "aws:cloudwatch/eventArchive:EventArchive": async (archive, { clients }) => {
    const { ArchiveArn } = await clients.events.send(
      new CreateArchiveCommand({
        ArchiveName: archive.name,
        EventSourceArn: archive.eventSourceArn,
        EventPattern: archive.eventPattern,
        RetentionDays: archive.retentionDays,
      }),
    );
    return { arn: ArchiveArn };
  },
  "aws:scheduler/scheduleGroup:ScheduleGroup": async ({ name }, { clients }) => {
    const { ScheduleGroupArn } = await clients.scheduler.send(new CreateScheduleGroupCommand({ Name: name }));
    return { arn: ScheduleGroupArn };
  },
  "aws:scheduler/schedule:Schedule": async ({ name, groupName, scheduleExpression, target }, { clients }) => {
    const { ScheduleArn } = await clients.scheduler.send(
      new CreateScheduleCommand({
        Name: name,
        GroupName: groupName,
        ScheduleExpression: scheduleExpression,
        FlexibleTimeWindow: { Mode: "OFF" },
        Target: { Arn: target.arn, RoleArn: target.roleArn, Input: target.input },
      }),
    );
    return { arn: ScheduleArn };
  },
  "aws:sns/topic:Topic": async ({ name }, { clients }) => {
    const { TopicArn } = await clients.sns.send(new CreateTopicCommand({ Name: name }));
    return { arn: TopicArn };
  },
  "aws:sns/topicPolicy:TopicPolicy": async ({ arn, policy }, { clients }) => {
    await clients.sns.send(
      new SetTopicAttributesCommand({ TopicArn: arn, AttributeName: "Policy", AttributeValue: policy }),
    );
    return {};
  },
  "aws:sqs/queue:Queue": async (queue, { clients, account, region }) => {
    const Attributes = {
      VisibilityTimeout: String(queue.visibilityTimeoutSeconds),
      MessageRetentionPeriod: String(queue.messageRetentionSeconds),
      SqsManagedSseEnabled: String(queue.sqsManagedSseEnabled),
      ...(queue.redrivePolicy && { RedrivePolicy: queue.redrivePolicy }),
    };
    const { QueueUrl } = await clients.sqs.send(new CreateQueueCommand({ QueueName: queue.name, Attributes }));
    return { url: QueueUrl, arn: `arn:aws:sqs:${region}:${account}:${queue.name}` };
  },
  "aws:sqs/queuePolicy:QueuePolicy": async ({ queueUrl, policy }, { clients }) => {
    await clients.sqs.send(new SetQueueAttributesCommand({ QueueUrl: queueUrl, Attributes: { Policy: policy } }));
    return {};
  },
};

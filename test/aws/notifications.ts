import { SubscribeCommand } from "@aws-sdk/client-sns";
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
} from "@aws-sdk/client-sqs";
import type { Clients } from "./clients.ts";

/** What a subscriber of the topic is told. */
export interface Notification {
  clipId: string;
  status: string;
  body: Record<string, unknown>;
  attributes: Record<string, string | undefined>;
}

/** A subscriber: a queue of the test's own, subscribed to the topic; `collect` returns everything so far. */
export async function subscribe({ sqs, sns }: Clients, topicArn: string): Promise<() => Promise<Notification[]>> {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "subscriber" }));
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }));
  const arn = Attributes?.QueueArn;
  const policy = {
    Effect: "Allow",
    Principal: { Service: "sns.amazonaws.com" },
    Action: "sqs:SendMessage",
    Resource: arn,
    Condition: { ArnEquals: { "aws:SourceArn": topicArn } },
  };
  await sqs.send(
    new SetQueueAttributesCommand({
      QueueUrl,
      Attributes: { Policy: JSON.stringify({ Version: "2012-10-17", Statement: [policy] }) },
    }),
  );
  await sns.send(
    new SubscribeCommand({
      TopicArn: topicArn,
      Protocol: "sqs",
      Endpoint: arn,
      Attributes: { RawMessageDelivery: "true" },
    }),
  );
  const received: Notification[] = [];
  const collect = async () => {
    for (;;) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ["All"] }),
      );
      if (Messages.length === 0) return received;
      for (const message of Messages) {
        received.push(notificationOf(message));
        await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
      }
    }
  };
  // Whoever asks while somebody collects gets what is collected: fifty waiting tests must not poll fifty times.
  let running: Promise<Notification[]> | undefined;
  return () => {
    running ??= collect().finally(() => {
      running = undefined;
    });
    return running;
  };
}

function notificationOf({ Body = "", MessageAttributes = {} }: Message): Notification {
  const body = JSON.parse(Body) as Record<string, unknown>;
  const attributes = Object.entries(MessageAttributes).map(([name, { StringValue }]) => [name, StringValue]);
  return {
    clipId: String(body.clipId),
    status: String(body.status),
    body,
    attributes: Object.fromEntries(attributes),
  };
}

import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { redrivenBody } from "@camclips/functions";
import { clipIn, type Redriven } from "../operator/redrive.ts";

/** Messages that are being looked at are kept from others for as long. */
const VISIBILITY_SECONDS = 120;

/** A look leaves everything as it is, so others may have the messages again soon. */
const LOOK_SECONDS = 20;

export interface Redrive {
  stage: string;
  dlqUrl: string;
  queueUrl: string;
  /** Names this redrive in what follows from it. */
  id: string;
  /** When it began: what was sent later is a message that failed again, and is for the next redrive. */
  nowMs: number;
  /** At most so many messages are sent. */
  limit: number;
  /** Only look: nothing is sent or deleted. */
  dryRun: boolean;
}

/**
 * Sends the messages of a stage's dead-letter queue back to its queue, those that were there when it began. A message is
 * deleted once it is sent: better twice than never.
 */
export async function redriveStage(sqs: SQSClient, redrive: Redrive): Promise<Redriven> {
  const result: Redriven = { sent: [], left: [] };
  const seen = new Set<string>();
  while (result.sent.length < redrive.limit) {
    const messages = await receive(sqs, redrive.dlqUrl, redrive.dryRun ? LOOK_SECONDS : VISIBILITY_SECONDS);
    const fresh = messages.filter((message) => wasThere(message, redrive) && !seen.has(message.MessageId ?? ""));
    if (fresh.length === 0) return result;
    for (const message of fresh.slice(0, redrive.limit - result.sent.length)) {
      seen.add(message.MessageId ?? "");
      const body = redrivenBody(redrive.stage, message.Body ?? "", redrive.id, redrive.nowMs);
      if (body === undefined) {
        result.left.push(message.MessageId ?? "");
        continue;
      }
      if (!redrive.dryRun) await sendBack(sqs, redrive, message, body);
      result.sent.push(clipIn(body));
    }
  }
  return result;
}

/** About how many messages a queue holds: SQS counts roughly. */
export async function messagesIn(sqs: SQSClient, QueueUrl: string): Promise<number> {
  const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["ApproximateNumberOfMessages"] });
  return Number((await sqs.send(command)).Attributes?.ApproximateNumberOfMessages ?? 0);
}

/** A message keeps the time at which it was sent when it comes to rest. */
function wasThere({ Attributes }: Message, { nowMs }: Redrive): boolean {
  return Number(Attributes?.SentTimestamp ?? 0) < nowMs;
}

async function sendBack(
  sqs: SQSClient,
  { queueUrl, dlqUrl }: Redrive,
  { ReceiptHandle }: Message,
  MessageBody: string,
): Promise<void> {
  await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody }));
  await sqs.send(new DeleteMessageCommand({ QueueUrl: dlqUrl, ReceiptHandle }));
}

async function receive(sqs: SQSClient, QueueUrl: string, VisibilityTimeout: number): Promise<Message[]> {
  const command = new ReceiveMessageCommand({
    QueueUrl,
    MaxNumberOfMessages: 10,
    WaitTimeSeconds: 1,
    VisibilityTimeout,
    MessageSystemAttributeNames: ["SentTimestamp"],
  });
  return (await sqs.send(command)).Messages ?? [];
}

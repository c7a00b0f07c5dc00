import {
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { clipIn, type Redrive, type Redriven, redrivenBody } from "@camclips/functions";

/** Messages that are being looked at are kept from others for as long. */
const VISIBILITY_SECONDS = 120;

/** A look leaves everything as it is, so others may have the messages again soon. */
const LOOK_SECONDS = 20;

interface StageRedrive extends Redrive {
  stage: string;
  dlqUrl: string;
  queueUrl: string;
  /** Names this redrive in what follows from it. */
  id: string;
  /** When it began: what was sent later is a message that failed again, and is for the next redrive. */
  nowMs: number;
}

/**
 * Sends the messages of a stage's dead-letter queue back to its queue, those that were there when it began. A message is
 * deleted once it is sent: better twice than never.
 */
export async function redriveStage(sqs: SQSClient, redrive: StageRedrive): Promise<Redriven> {
  const result: Redriven = { sent: [], left: [] };
  const seen = new Set<string>();
  while (result.sent.length < redrive.limit) {
    const messages = await receive(sqs, redrive.dlqUrl, redrive.dryRun ? LOOK_SECONDS : VISIBILITY_SECONDS);
    const fresh = messages.filter((message) => wasThere(message, redrive) && !seen.has(message.MessageId ?? ""));
    if (fresh.length === 0) return result;
    const asked = fresh.filter(({ MessageId }) => redrive.messageId === undefined || MessageId === redrive.messageId);
    for (const { MessageId } of fresh) seen.add(MessageId ?? "");
    for (const message of asked.slice(0, redrive.limit - result.sent.length)) {
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

/** A message keeps the time at which it was sent when it comes to rest. */
function wasThere({ Attributes }: Message, { nowMs }: StageRedrive): boolean {
  return Number(Attributes?.SentTimestamp ?? 0) < nowMs;
}

async function sendBack(
  sqs: SQSClient,
  { queueUrl, dlqUrl }: StageRedrive,
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

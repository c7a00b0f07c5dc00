import { type Message, ReceiveMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { DeadLetter, DeadLetters } from "@camclips/core";
import type { Deployment } from "./deployment.ts";
import { failuresIn } from "./failures.ts";

/** Looking must not keep a message from a redrive for long. */
const LOOK_SECONDS = 20;

/** Dead-letter queues of a deployment. SQS has no way to look: messages are received, and come back after some seconds. */
export function deployedDeadLetters(sqs: SQSClient, { stages, scheduleDlqUrl }: Deployment): DeadLetters {
  return {
    async look(queue, limit, signal) {
      const url = queue === "schedules" ? scheduleDlqUrl : stages[queue]?.dlqUrl;
      const messages = url === undefined ? [] : await receiveAll(sqs, url, limit, signal);
      const letters = messages.map((message) => letterOf(message, queue));
      const functionName = stages[queue]?.functionName;
      const unexplained = letters.filter(({ error }) => error === undefined);
      if (!functionName || unexplained.length === 0) return letters;
      const sinceMs = Math.min(...unexplained.map(({ sentMs }) => sentMs));
      const errors = await failuresIn(functionName, sinceMs, signal);
      return letters.map((letter) => ({ ...letter, error: letter.error ?? errors.get(letter.messageId) }));
    },
  };
}

/** Each message once; SQS may hide some of them from a look, so it is done when a look brings nothing new. */
async function receiveAll(sqs: SQSClient, QueueUrl: string, limit: number, signal?: AbortSignal): Promise<Message[]> {
  const seen = new Map<string, Message>();
  while (seen.size < limit) {
    const command = new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: 10,
      WaitTimeSeconds: 1,
      VisibilityTimeout: LOOK_SECONDS,
      MessageSystemAttributeNames: ["SentTimestamp"],
      MessageAttributeNames: ["All"],
    });
    const { Messages = [] } = await sqs.send(command, { abortSignal: signal });
    const before = seen.size;
    for (const message of Messages) seen.set(message.MessageId ?? "", message);
    if (seen.size === before) break;
  }
  return [...seen.values()].slice(0, limit);
}

/** What EventBridge and its Scheduler could not deliver says why in its attributes. */
function letterOf({ MessageId = "", Body = "", Attributes, MessageAttributes }: Message, queue: string): DeadLetter {
  const { ERROR_CODE, ERROR_MESSAGE } = MessageAttributes ?? {};
  const told = [ERROR_CODE?.StringValue, ERROR_MESSAGE?.StringValue].filter(Boolean).join(": ");
  return {
    queue,
    messageId: MessageId,
    body: Body,
    sentMs: Number(Attributes?.SentTimestamp ?? 0),
    error: told || undefined,
  };
}

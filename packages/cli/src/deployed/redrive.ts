import {
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { type AnyEvent, markRerun, parseEnvelope, stageNamed, toEnvelope, withFreshDeadline } from "@camclips/events";

/** Messages that are being looked at are kept from others for as long. */
const VISIBILITY_SECONDS = 120;

export interface Redrive {
  stage: string;
  dlqUrl: string;
  queueUrl: string;
  /** Names this redrive in what follows from it. */
  id: string;
}

export interface Redriven {
  sent: number;
  /** Messages that are no events: they would fail again. */
  left: string[];
}

/** Sends the messages of a stage's dead-letter queue back to its queue. A message is deleted once it is sent: better twice than never. */
export async function redriveStage(sqs: SQSClient, redrive: Redrive, nowMs: number): Promise<Redriven> {
  const result: Redriven = { sent: 0, left: [] };
  const seen = new Set<string>();
  for (;;) {
    const messages = await receive(sqs, redrive.dlqUrl);
    const fresh = messages.filter(({ MessageId = "" }) => !seen.has(MessageId));
    if (fresh.length === 0) return result;
    for (const message of fresh) {
      seen.add(message.MessageId ?? "");
      const body = bodyFor(redrive, message.Body ?? "", nowMs);
      if (body === undefined) {
        result.left.push(message.MessageId ?? "");
        continue;
      }
      await sqs.send(new SendMessageCommand({ QueueUrl: redrive.queueUrl, MessageBody: body }));
      await sqs.send(new DeleteMessageCommand({ QueueUrl: redrive.dlqUrl, ReceiptHandle: message.ReceiptHandle }));
      result.sent += 1;
    }
  }
}

async function receive(sqs: SQSClient, QueueUrl: string): Promise<Message[]> {
  const command = new ReceiveMessageCommand({
    QueueUrl,
    MaxNumberOfMessages: 10,
    WaitTimeSeconds: 1,
    VisibilityTimeout: VISIBILITY_SECONDS,
  });
  return (await sqs.send(command)).Messages ?? [];
}

/** An earlier run that told its own failure is over; a silent replay stays silent. */
function ownRun(event: AnyEvent, id: string): AnyEvent {
  const { rerun, ...metadata } = event.metadata;
  return markRerun(rerun?.notify === false ? event : { ...event, metadata }, { id, notify: true });
}

/**
 * A stage whose last failure ended the clip told FATAL_ERROR, and that stands: what follows now must be a run of its own,
 * which tells its status again. The other stages left the clip open, so their message simply goes on.
 * @returns undefined for a message that is no event.
 */
function bodyFor({ stage, id }: Pick<Redrive, "stage" | "id">, body: string, nowMs: number): string | undefined {
  const { input, failsClip } = stageNamed(stage);
  if (input.from !== "bus" || stage === "record-event") return body;
  try {
    const event = withFreshDeadline(parseEnvelope(JSON.parse(body)), nowMs);
    return JSON.stringify(toEnvelope(failsClip ? ownRun(event, id) : event));
  } catch {
    return undefined;
  }
}

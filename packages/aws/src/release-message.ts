import { ChangeMessageVisibilityCommand, type SQSClient } from "@aws-sdk/client-sqs";

/** What Lambda tells of a message that it received from a queue. */
export interface ReceivedMessage {
  receiptHandle: string;
  /** ARN of the queue. */
  eventSourceARN: string;
}

/** Has a message come back after so many seconds. Best effort: without it, it does when its visibility time-out ends. */
export async function releaseMessage(
  sqs: SQSClient,
  { receiptHandle, eventSourceARN }: ReceivedMessage,
  seconds: number,
): Promise<void> {
  try {
    const command = new ChangeMessageVisibilityCommand({
      QueueUrl: queueUrlOf(eventSourceARN),
      ReceiptHandle: receiptHandle,
      VisibilityTimeout: seconds,
    });
    await sqs.send(command);
  } catch {
    // What failed is reported to SQS all the same.
  }
}

export function queueUrlOf(arn: string): string {
  const [, partition, , region, account, name] = arn.split(":");
  const domain = partition === "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com";
  return `https://sqs.${region}.${domain}/${account}/${name}`;
}

import { ChangeMessageVisibilityCommand, type SQSClient } from "@aws-sdk/client-sqs";

export interface HeldMessage {
  /** A queue that is not known is left alone. */
  queueUrl: string | undefined;
  receiptHandle: string;
}

/** Has a message come back after so many seconds. Best effort: without it, it does when its visibility time-out ends. */
export async function releaseMessage(
  sqs: SQSClient,
  { queueUrl, receiptHandle }: HeldMessage,
  seconds: number,
): Promise<void> {
  try {
    const command = new ChangeMessageVisibilityCommand({
      QueueUrl: queueUrl,
      ReceiptHandle: receiptHandle,
      VisibilityTimeout: seconds,
    });
    await sqs.send(command);
  } catch {
    // What failed is reported to SQS all the same.
  }
}

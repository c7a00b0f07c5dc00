import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { CLIENT, type Deployment } from "./deployment.ts";

/** Sends requests as callers do: one SQS message each. */
export async function sendTo({ requestQueueUrl }: Deployment, bodies: readonly string[]): Promise<void> {
  const sqs = new SQSClient({ ...CLIENT, useQueueUrlAsEndpoint: false });
  for (const body of bodies) await sqs.send(new SendMessageCommand({ QueueUrl: requestQueueUrl, MessageBody: body }));
}

import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { CLIENT, findDeployment } from "./deployment.ts";

/** Sends requests as callers do: one SQS message each. */
export async function sendRequests(stage: string, bodies: readonly string[]): Promise<void> {
  const { requestQueueUrl } = await findDeployment(stage);
  const sqs = new SQSClient({ ...CLIENT, useQueueUrlAsEndpoint: false });
  for (const body of bodies) await sqs.send(new SendMessageCommand({ QueueUrl: requestQueueUrl, MessageBody: body }));
}

import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { IAMClient } from "@aws-sdk/client-iam";
import { KMSClient } from "@aws-sdk/client-kms";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { S3Client } from "@aws-sdk/client-s3";
import { SchedulerClient } from "@aws-sdk/client-scheduler";
import { SNSClient } from "@aws-sdk/client-sns";
import { SQSClient } from "@aws-sdk/client-sqs";
import { SSMClient } from "@aws-sdk/client-ssm";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";

/** Where a stack lives: a 12-digit access key is an account of its own on the emulator. */
export interface AccountPlace {
  endpoint: string;
  account: string;
  region: string;
}

export type Clients = ReturnType<typeof clientsFor>;

/** Clients that act as the account's root. */
export function clientsFor({ endpoint, account, region }: AccountPlace) {
  const options = { endpoint, region, credentials: { accessKeyId: account, secretAccessKey: "test" } };
  return {
    s3: new S3Client({ ...options, forcePathStyle: true }),
    documents: DynamoDBDocumentClient.from(new DynamoDBClient(options)),
    sqs: new SQSClient(options),
    sns: new SNSClient(options),
    events: new EventBridgeClient(options),
    scheduler: new SchedulerClient(options),
    kms: new KMSClient(options),
    lambda: new LambdaClient(options),
    logs: new CloudWatchLogsClient(options),
    iam: new IAMClient(options),
    ssm: new SSMClient(options),
  };
}

/** Has this process trust the emulator's certificate. */
export function trust(certificate: string | undefined): void {
  if (certificate) setDefaultCACertificates([...getCACertificates("default"), certificate]);
}

/** An account that nobody else uses. */
export function randomAccount(): string {
  return String(Math.floor(1e11 + Math.random() * 9e11));
}

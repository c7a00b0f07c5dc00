import { DescribeKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { GetAccountSettingsCommand, LambdaClient } from "@aws-sdk/client-lambda";
import {
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketVersioningCommand,
  HeadBucketCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { GetTopicAttributesCommand, SNSClient } from "@aws-sdk/client-sns";
import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { Answer, LookUps } from "./facts.ts";

/** Asks AWS, as the deployment does: SST hands its credentials down to the program in variables of its own. */
export function lookUpsIn(region: string, environment: Record<string, string | undefined>): LookUps {
  const { SST_AWS_ACCESS_KEY_ID: accessKeyId, SST_AWS_SECRET_ACCESS_KEY: secretAccessKey = "" } = environment;
  const sessionToken = environment.SST_AWS_SESSION_TOKEN || undefined;
  const credentials = accessKeyId ? { credentials: { accessKeyId, secretAccessKey, sessionToken } } : {};
  const options = { region, ...credentials, ...(environment.AWS_ENDPOINT_URL && { forcePathStyle: true }) };
  const s3 = new S3Client({ ...options, followRegionRedirects: true });
  const sqs = new SQSClient({ ...options, useQueueUrlAsEndpoint: false });
  const sns = new SNSClient(options);

  return {
    bucket: (Bucket) =>
      answerOf(async () => {
        const { BucketRegion } = await s3.send(new HeadBucketCommand({ Bucket }));
        const [encryption, lifecycle, versioning, notifications] = await Promise.all([
          unlessRefused(s3.send(new GetBucketEncryptionCommand({ Bucket }))),
          unlessRefused(s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }))),
          unlessRefused(s3.send(new GetBucketVersioningCommand({ Bucket }))),
          unlessRefused(s3.send(new GetBucketNotificationConfigurationCommand({ Bucket }))),
        ]);
        const [rule] = encryption?.ServerSideEncryptionConfiguration?.Rules ?? [];
        return {
          region: BucketRegion,
          kmsKey: rule?.ApplyServerSideEncryptionByDefault?.KMSMasterKeyID,
          isVersioned: versioning?.Status === "Enabled",
          tellsEventBridge: notifications && notifications.EventBridgeConfiguration !== undefined,
          abortsUploads: (lifecycle?.Rules ?? []).some((rule) => rule.AbortIncompleteMultipartUpload),
        };
      }),
    queue: (QueueUrl) =>
      answerOf(async () => {
        const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] });
        const { Attributes: { VisibilityTimeout, KmsMasterKeyId, RedrivePolicy } = {} } = await sqs.send(command);
        const maxReceives = RedrivePolicy && Number(JSON.parse(RedrivePolicy).maxReceiveCount);
        return {
          visibilitySeconds: Number(VisibilityTimeout),
          kmsKey: KmsMasterKeyId || undefined,
          maxReceives: maxReceives || undefined,
        };
      }),
    topic: (TopicArn) =>
      answerOf(async () => {
        const { Attributes } = await sns.send(new GetTopicAttributesCommand({ TopicArn }));
        return { kmsKey: Attributes?.KmsMasterKeyId || undefined };
      }),
    key: (KeyId) =>
      answerOf(async () => {
        const kms = new KMSClient({ ...options, region: KeyId.split(":")[3] || region });
        const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId }));
        return {
          spec: KeyMetadata?.KeySpec,
          usage: KeyMetadata?.KeyUsage,
          isEnabled: KeyMetadata?.Enabled === true,
        };
      }),
    functionsAtOnce: async () => {
      const answer = await unlessRefused(new LambdaClient(options).send(new GetAccountSettingsCommand({})));
      return answer?.AccountLimit?.ConcurrentExecutions;
    },
  };
}

interface AwsError {
  name?: string;
  message?: string;
  $metadata?: { httpStatusCode?: number };
  $response?: { headers?: Record<string, string> };
}

const MISSING = /NotFound|NoSuchBucket|NonExistentQueue|QueueDoesNotExist/;

async function answerOf<Facts>(ask: () => Promise<Facts>): Promise<Answer<Facts>> {
  try {
    return { kind: "found", facts: await ask() };
  } catch (error) {
    const { name = "", message = "", $metadata, $response } = error as AwsError;
    if (MISSING.test(name) || $metadata?.httpStatusCode === 404) return { kind: "missing" };
    const region = $response?.headers?.["x-amz-bucket-region"];
    return { kind: "hidden", why: `${name} ${message}`.trim(), region };
  }
}

/** What the deployer may not see, or what was never configured, is left out. */
const unlessRefused = <T>(call: Promise<T>): Promise<T | undefined> => call.catch(() => undefined);

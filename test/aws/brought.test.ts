import {
  CreateBucketCommand,
  GetBucketVersioningCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { CreateTopicCommand } from "@aws-sdk/client-sns";
import { CreateQueueCommand, GetQueueUrlCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { expect, it } from "vitest";
import type { Clients } from "./clients.ts";
import { createStack } from "./create-stack.ts";

const suffix = Math.random().toString(36).slice(2, 10);
const settings = {
  S3_BUCKET_ORIGIN: `recordings-${suffix}`,
  S3_BUCKET_DESTINATION: `clips-${suffix}`,
  AWS_SNS_TOPIC: "their-clips",
  AWS_SQS_QUEUE: "their-requests",
};

async function theirs({ s3, sns, sqs }: Clients): Promise<void> {
  const CreateBucketConfiguration = { LocationConstraint: "eu-west-1" as const };
  for (const Bucket of [settings.S3_BUCKET_ORIGIN, settings.S3_BUCKET_DESTINATION])
    await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }));
  await sns.send(new CreateTopicCommand({ Name: settings.AWS_SNS_TOPIC }));
  const Attributes = { VisibilityTimeout: "360" };
  await sqs.send(new CreateQueueCommand({ QueueName: settings.AWS_SQS_QUEUE, Attributes }));
}

it("makes clips out of brought buckets, for a brought queue and topic", async () => {
  await using stack = await createStack(settings, theirs);
  const camera = await stack.camera("quay", Math.floor(Date.now() / 1000) * 1000 - 3600_000, { recordings: 1 });
  const MessageBody = JSON.stringify({
    clipId: "brought",
    cameraId: "quay",
    startTimestampInMs: camera.startMs + 1000,
    endTimestampInMs: camera.startMs + 3000,
    retryTimestamps: [],
  });
  const { QueueUrl } = await stack.clients.sqs.send(new GetQueueUrlCommand({ QueueName: settings.AWS_SQS_QUEUE }));
  await stack.clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
  const { status, body } = await stack.terminal("brought");
  expect([status, body.bucket]).toEqual(["CLIP_AVAILABLE", settings.S3_BUCKET_DESTINATION]);
});

it("is not deployed onto what is not there: one message says it all, and nothing is created", async () => {
  const nowhere = { ...settings, S3_BUCKET_ORIGIN: `none-${suffix}`, S3_BUCKET_DESTINATION: `no-clips-${suffix}` };
  const refused = createStack(nowhere);
  await expect(refused).rejects.toThrow("4 bad settings");
  await expect(refused).rejects.toThrow(`S3_BUCKET_ORIGIN="${nowhere.S3_BUCKET_ORIGIN}": there is no such bucket`);
  await expect(refused).rejects.toThrow('AWS_SQS_QUEUE="their-requests": there is no such queue in eu-west-1');
  await expect(refused).rejects.toThrow('AWS_SNS_TOPIC="their-clips": there is no such topic in eu-west-1');
});

it("keeps what is replaced in a bucket of its own", async () => {
  await using stack = await createStack();
  const Bucket = stack.outputs.destinationBucket;
  const { Status } = await stack.clients.s3.send(new GetBucketVersioningCommand({ Bucket }));
  expect(Status).toBe("Enabled");
  for (const Body of ["first", "second"])
    await stack.clients.s3.send(new PutObjectCommand({ Bucket, Key: "cam/clip.mp4", Body }));
  const { Versions = [] } = await stack.clients.s3.send(new ListObjectVersionsCommand({ Bucket }));
  expect(Versions.map(({ IsLatest }) => IsLatest)).toEqual([true, false]);
});

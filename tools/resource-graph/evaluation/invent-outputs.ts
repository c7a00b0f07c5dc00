import type { ResourceType } from "../graph/types.ts";
import type { CreateResource } from "./mocks.ts";
import type { Place } from "./provider-calls.ts";

type Outputs = (inputs: Record<string, string>, place: Place & { logicalName: string }) => Record<string, unknown>;

const nothing: Outputs = () => ({});

const named =
  (service: string, kind: string): Outputs =>
  ({ name }, { account, region }) => ({ arn: `arn:aws:${service}:${region}:${account}:${kind}${name}` });

/** Outputs in the form AWS gives them, for every type the stacks may use. */
const inventions: Record<ResourceType, Outputs> = {
  "aws:cloudfront/distribution:Distribution": (_, { account }) => ({
    arn: `arn:aws:cloudfront::${account}:distribution/E1`,
    domainName: "d111111abcdef8.cloudfront.net",
  }),
  "aws:cloudfront/keyGroup:KeyGroup": nothing,
  "aws:cloudfront/publicKey:PublicKey": nothing,
  "aws:cloudfront/originAccessControl:OriginAccessControl": nothing,
  "aws:cloudwatch/dashboard:Dashboard": nothing,
  "aws:cloudwatch/eventArchive:EventArchive": named("events", "archive/"),
  "aws:cloudwatch/eventBus:EventBus": named("events", "event-bus/"),
  "aws:cloudwatch/eventRule:EventRule": ({ eventBusName, name }, { account, region }) => ({
    arn: `arn:aws:events:${region}:${account}:rule/${eventBusName ? `${eventBusName}/` : ""}${name}`,
  }),
  "aws:cloudwatch/eventTarget:EventTarget": nothing,
  "aws:cloudwatch/logGroup:LogGroup": named("logs", "log-group:"),
  "aws:cloudwatch/metricAlarm:MetricAlarm": named("cloudwatch", "alarm:"),
  "aws:dynamodb/table:Table": named("dynamodb", "table/"),
  "aws:iam/role:Role": ({ name }, { account }) => ({ arn: `arn:aws:iam::${account}:role/${name}` }),
  "aws:lambda/eventSourceMapping:EventSourceMapping": (_, { logicalName }) => ({ uuid: logicalName }),
  "aws:lambda/function:Function": named("lambda", "function:"),
  "aws:s3/bucket:Bucket": ({ bucket }, { region }) => ({
    arn: `arn:aws:s3:::${bucket}`,
    bucketRegionalDomainName: `${bucket}.s3.${region}.amazonaws.com`,
  }),
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": nothing,
  "aws:s3/bucketNotification:BucketNotification": nothing,
  "aws:s3/bucketObjectv2:BucketObjectv2": nothing,
  "aws:s3/bucketPolicy:BucketPolicy": nothing,
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": nothing,
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": nothing,
  "aws:s3/bucketVersioning:BucketVersioning": nothing,
  "aws:scheduler/schedule:Schedule": named("scheduler", "schedule/"),
  "aws:scheduler/scheduleGroup:ScheduleGroup": named("scheduler", "schedule-group/"),
  "aws:sns/topic:Topic": named("sns", ""),
  "aws:sns/topicPolicy:TopicPolicy": nothing,
  "aws:sqs/queue:Queue": ({ name }, { account, region }) => ({
    arn: `arn:aws:sqs:${region}:${account}:${name}`,
    url: `https://sqs.${region}.amazonaws.com/${account}/${name}`,
  }),
  "aws:sqs/queuePolicy:QueuePolicy": nothing,
  "aws:ssm/parameter:Parameter": named("ssm", "parameter"),
  "random:index/randomBytes:RandomBytes": ({ length }) => ({
    base64: Buffer.alloc(Number(length), 7).toString("base64"),
  }),
};

/** @throws Error for a type that `ResourceInputs` does not list. */
export const inventOutputs: CreateResource = ({ type, name, inputs }, place) => {
  const invent = (inventions as Partial<Record<string, Outputs>>)[type];
  if (!invent) throw new Error(`The stacks use a resource type nobody has looked at yet: ${type} (${name})`);
  return { id: name, outputs: invent(inputs as Record<string, string>, { ...place, logicalName: name }) };
};

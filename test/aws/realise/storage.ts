import { readFile } from "node:fs/promises";
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  UpdateContinuousBackupsCommand,
  UpdateTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb";
import {
  CreateBucketCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
} from "@aws-sdk/client-s3";
import { PutParameterCommand } from "@aws-sdk/client-ssm";
import type { ResourceInputs } from "../../../tools/resource-graph/graph/types.ts";
import type { Creators } from "./types.ts";

export const storageCreators: Creators = {
  "aws:s3/bucket:Bucket": async ({ bucket }, { clients, region }) => {
    const CreateBucketConfiguration = { LocationConstraint: region as "eu-west-1" };
    await clients.s3.send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration }));
    return { arn: `arn:aws:s3:::${bucket}`, bucketRegionalDomainName: `${bucket}.s3.${region}.amazonaws.com` };
  },
  "aws:s3/bucketVersioning:BucketVersioning": async ({ bucket, versioningConfiguration }, { clients }) => {
    const VersioningConfiguration = { Status: versioningConfiguration.status as "Enabled" };
    await clients.s3.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration }));
    return {};
  },
  "aws:dynamodb/table:Table": async (inputs, { clients, region, account }) => {
    const TableName = inputs.name;
    await clients.documents.send(new CreateTableCommand(tableOf(inputs)));
    const TimeToLiveSpecification = { AttributeName: inputs.ttl?.attributeName, Enabled: inputs.ttl?.enabled };
    await clients.documents.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
    const PointInTimeRecoverySpecification = { PointInTimeRecoveryEnabled: inputs.pointInTimeRecovery.enabled };
    await clients.documents.send(new UpdateContinuousBackupsCommand({ TableName, PointInTimeRecoverySpecification }));
    return { arn: `arn:aws:dynamodb:${region}:${account}:table/${TableName}` };
  },
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": async ({ bucket, ...block }, { clients }) => {
    const PublicAccessBlockConfiguration = {
      BlockPublicAcls: block.blockPublicAcls,
      BlockPublicPolicy: block.blockPublicPolicy,
      IgnorePublicAcls: block.ignorePublicAcls,
      RestrictPublicBuckets: block.restrictPublicBuckets,
    };
    await clients.s3.send(new PutPublicAccessBlockCommand({ Bucket: bucket, PublicAccessBlockConfiguration }));
    return {};
  },
  "aws:s3/bucketPolicy:BucketPolicy": async ({ bucket, policy }, { clients }) => {
    await clients.s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: policy }));
    return {};
  },
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": async (
    { bucket },
    { clients },
  ) => {
    const Rules = [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" as const } }];
    await clients.s3.send(
      new PutBucketEncryptionCommand({ Bucket: bucket, ServerSideEncryptionConfiguration: { Rules } }),
    );
    return {};
  },
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": async ({ bucket, rules }, { clients }) => {
    const Rules = rules.map(
      ({ id, filter, expiration, noncurrentVersionExpiration: replaced, abortIncompleteMultipartUpload: abort }) => ({
        ID: id,
        Status: "Enabled" as const,
        Filter: { Prefix: filter?.prefix },
        ...(expiration && { Expiration: { Days: expiration.days } }),
        ...(replaced && { NoncurrentVersionExpiration: { NoncurrentDays: replaced.noncurrentDays } }),
        ...(abort && { AbortIncompleteMultipartUpload: { DaysAfterInitiation: abort.daysAfterInitiation } }),
      }),
    );
    await clients.s3.send(
      new PutBucketLifecycleConfigurationCommand({ Bucket: bucket, LifecycleConfiguration: { Rules } }),
    );
    return {};
  },
  "aws:s3/bucketNotification:BucketNotification": async ({ bucket, eventbridge }, { clients }) => {
    const NotificationConfiguration = eventbridge ? { EventBridgeConfiguration: {} } : {};
    await clients.s3.send(new PutBucketNotificationConfigurationCommand({ Bucket: bucket, NotificationConfiguration }));
    return {};
  },
  // The functions' code: the zip that SST packed.
  "aws:s3/bucketObjectv2:BucketObjectv2": async ({ key, source }, { clients, assetBucket }) => {
    const Body = await readFile(await source.path);
    await clients.s3.send(new PutObjectCommand({ Bucket: assetBucket, Key: key, Body }));
    return { bucket: assetBucket, key };
  },
  "aws:ssm/parameter:Parameter": async ({ name, value }, { clients }) => {
    await clients.ssm.send(new PutParameterCommand({ Name: name, Value: value, Type: "String" }));
    return {};
  },
};

type TableInputs = ResourceInputs["aws:dynamodb/table:Table"];

const keySchema = ({ hashKey, rangeKey }: Pick<TableInputs, "hashKey" | "rangeKey">) => [
  { AttributeName: hashKey, KeyType: "HASH" as const },
  { AttributeName: rangeKey, KeyType: "RANGE" as const },
];

/** A declared table as the API takes it. */
export function tableOf(inputs: TableInputs): CreateTableCommandInput {
  return {
    TableName: inputs.name,
    BillingMode: inputs.billingMode as "PAY_PER_REQUEST",
    AttributeDefinitions: inputs.attributes.map(({ name, type }) => ({ AttributeName: name, AttributeType: type })),
    KeySchema: keySchema(inputs),
    GlobalSecondaryIndexes: inputs.globalSecondaryIndexes.map((index) => ({
      IndexName: index.name,
      KeySchema: keySchema(index),
      Projection: { ProjectionType: index.projectionType as "ALL" },
    })),
    SSESpecification: { Enabled: inputs.serverSideEncryption?.enabled },
  };
}

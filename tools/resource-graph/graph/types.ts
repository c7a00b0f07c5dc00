/**
 * The resource types that the stacks use, with the inputs that this repository reads. A type that is not listed here is
 * refused by whoever evaluates the graph, so that nothing enters it unexamined.
 */
export interface ResourceInputs {
  "aws:cloudfront/distribution:Distribution": {
    enabled: boolean;
    origins: { domainName: string; originAccessControlId?: string }[];
    defaultCacheBehavior: {
      viewerProtocolPolicy: string;
      allowedMethods: string[];
      cachePolicyId: string;
      trustedKeyGroups?: string[];
    };
  };
  "aws:cloudfront/keyGroup:KeyGroup": { name: string; items: string[] };
  "aws:cloudfront/publicKey:PublicKey": { namePrefix: string; encodedKey: string };
  "aws:cloudfront/originAccessControl:OriginAccessControl": {
    name: string;
    originAccessControlOriginType: string;
    signingBehavior: string;
  };
  "aws:cloudwatch/dashboard:Dashboard": { dashboardName: string; dashboardBody: string };
  "aws:cloudwatch/eventArchive:EventArchive": {
    name: string;
    eventSourceArn: string;
    eventPattern: string;
    retentionDays: number;
  };
  "aws:cloudwatch/eventBus:EventBus": { name: string };
  "aws:cloudwatch/eventRule:EventRule": { name: string; eventBusName?: string; eventPattern: string };
  "aws:cloudwatch/eventTarget:EventTarget": {
    rule: string;
    eventBusName?: string;
    targetId: string;
    arn: string;
    deadLetterConfig?: { arn: string };
    retryPolicy?: { maximumEventAgeInSeconds: number; maximumRetryAttempts: number };
  };
  "aws:cloudwatch/logGroup:LogGroup": { name: string; retentionInDays: number };
  "aws:cloudwatch/metricAlarm:MetricAlarm": {
    name: string;
    alarmDescription: string;
    comparisonOperator: string;
    evaluationPeriods: number;
    threshold: number;
    treatMissingData: string;
    metricName?: string;
    namespace?: string;
    statistic?: string;
    period?: number;
    dimensions?: Record<string, string>;
    metricQueries?: MetricQuery[];
    alarmActions: string[];
  };
  "aws:dynamodb/table:Table": {
    name: string;
    attributes: { name: string; type: "S" | "N" }[];
    billingMode: string;
    hashKey: string;
    rangeKey: string;
    globalSecondaryIndexes: { name: string; hashKey: string; rangeKey: string; projectionType: string }[];
    ttl?: { attributeName: string; enabled: boolean };
    pointInTimeRecovery: { enabled: boolean };
    serverSideEncryption?: { enabled: boolean };
    deletionProtectionEnabled?: boolean;
  };
  "aws:iam/role:Role": {
    name: string;
    assumeRolePolicy: string;
    inlinePolicies: { name: string; policy: string }[];
    managedPolicyArns?: string[];
  };
  "aws:lambda/eventSourceMapping:EventSourceMapping": {
    eventSourceArn: string;
    functionName: string;
    batchSize: number;
    functionResponseTypes?: string[];
    scalingConfig?: { maximumConcurrency: number };
  };
  "aws:lambda/function:Function": {
    name: string;
    handler: string;
    role: string;
    runtime: string;
    architectures: string[];
    memorySize: number;
    timeout: number;
    ephemeralStorage: { size: number };
    environment: { variables: Record<string, string> };
    loggingConfig: { logFormat: string; logGroup: string };
    s3Bucket: string;
    s3Key: string;
  };
  "aws:s3/bucket:Bucket": { bucket: string; forceDestroy: boolean };
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": { bucket: string; rules: LifecycleRule[] };
  "aws:s3/bucketNotification:BucketNotification": { bucket: string; eventbridge?: boolean };
  "aws:s3/bucketObjectv2:BucketObjectv2": { bucket: string; key: string; source: { path: string | Promise<string> } };
  "aws:s3/bucketPolicy:BucketPolicy": { bucket: string; policy: string };
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": {
    bucket: string;
    blockPublicAcls: boolean;
    blockPublicPolicy: boolean;
    ignorePublicAcls: boolean;
    restrictPublicBuckets: boolean;
  };
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": {
    bucket: string;
    rules: { applyServerSideEncryptionByDefault: { sseAlgorithm: string } }[];
  };
  "aws:s3/bucketVersioning:BucketVersioning": { bucket: string; versioningConfiguration: { status: string } };
  "aws:scheduler/schedule:Schedule": {
    name: string;
    groupName: string;
    scheduleExpression: string;
    target: { arn: string; roleArn: string; input: string; deadLetterConfig?: { arn: string } };
  };
  "aws:scheduler/scheduleGroup:ScheduleGroup": { name: string };
  "aws:sns/topic:Topic": { name: string };
  "aws:sns/topicPolicy:TopicPolicy": { arn: string; policy: string };
  "aws:sqs/queue:Queue": {
    name: string;
    visibilityTimeoutSeconds: number;
    messageRetentionSeconds: number;
    sqsManagedSseEnabled: boolean;
    redrivePolicy?: string;
  };
  "aws:sqs/queuePolicy:QueuePolicy": { queueUrl: string; policy: string };
  "aws:ssm/parameter:Parameter": { name: string; value: string };
  "random:index/randomBytes:RandomBytes": { length: number };
}

export type ResourceType = keyof ResourceInputs;

interface MetricQuery {
  id: string;
  expression?: string;
  metric?: {
    namespace: string;
    metricName: string;
    dimensions: Record<string, string>;
    stat: string;
    period: number;
  };
  returnData?: boolean;
}

interface LifecycleRule {
  id: string;
  status: string;
  filter?: { prefix: string };
  expiration?: { days: number };
  noncurrentVersionExpiration?: { noncurrentDays: number };
  abortIncompleteMultipartUpload?: { daysAfterInitiation: number };
}

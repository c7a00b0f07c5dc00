import { Logger } from "@aws-lambda-powertools/logger";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { S3Client } from "@aws-sdk/client-s3";
import { SchedulerClient } from "@aws-sdk/client-scheduler";
import { SNSClient } from "@aws-sdk/client-sns";
import { SQSClient } from "@aws-sdk/client-sqs";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import {
  createBacklog,
  createDynamoRecords,
  createEventBus,
  createS3Store,
  createScheduler,
  createSchedules,
  createTopic,
  releaseMessage,
  tellingOutages,
} from "@camclips/aws";
import { type Lane, readSettings, type Settings, type StageName } from "@camclips/events";
import { Resource } from "sst";
import * as z from "zod/mini";
import type { Deps, Log } from "../runtime/deps.ts";
import { createOutbox } from "../runtime/outbox.ts";
import { createScratch, sweepScratch } from "../runtime/scratch.ts";
import { createMetrics } from "./metrics.ts";

/** The composition root on AWS: the only reader of `Resource` and of the environment. Called once per cold start. */

/** What the stacks link to every function (stacks/pipeline.ts). */
const wiring = z.object({
  busName: z.string(),
  recordsTable: z.string(),
  workBucket: z.string(),
  originBucket: z.string(),
  destinationBucket: z.string(),
  topicArn: z.string(),
  scheduleGroup: z.string(),
  scheduleRoleArn: z.string(),
  scheduleDlqArn: z.string(),
  /** By stage; a lane is named after its stage: `render-clip-high`. */
  stageQueues: z.record(z.string(), z.object({ arn: z.string(), url: z.string() })),
});

/**
 * Three attempts at a service that hangs end before the shortest stage's signal (50 s); without the flag it only warns.
 * The socket's limit is for bodies that go silent, which the request's does not see.
 */
const HANDLER = {
  connectionTimeout: 3_000,
  requestTimeout: 15_000,
  throwOnRequestTimeout: true,
  socketTimeout: 15_000,
};
const CLIENT = { maxAttempts: 3, requestHandler: HANDLER };

export type CoreDeps = Omit<Deps, "media" | "cameras">;

export interface Connection {
  deps: CoreDeps;
  environment: NodeJS.ProcessEnv;
  /** Has a failed message of a queue come back after so many seconds. Never fails: without it, it comes back later. */
  release(queueArn: string, receiptHandle: string, seconds: number): Promise<void>;
  /** Writes the metrics of one invocation out. */
  flush(): void;
}

/** Logs and metrics name the deployed stage: POWERTOOLS_SERVICE_NAME, which the alarms filter by. */
export async function connect(): Promise<Connection> {
  const environment = process.env;
  const links = Resource as unknown as { Wiring: unknown };
  const wired = wiring.parse(links.Wiring);
  const settings = readSettings({ ...environment, S3_BUCKET_ORIGIN: wired.originBucket });
  await sweepScratch(settings.CLIP_DOWNLOAD_DEST);

  const pathStyle = environment.AWS_ENDPOINT_URL ? { forcePathStyle: true } : {};
  const s3 = tellingOutages(new S3Client({ ...CLIENT, ...pathStyle }), "S3");
  const clock = { now: Date.now };
  const { metrics, flush } = createMetrics();
  const bus = createEventBus(tellingOutages(new EventBridgeClient(CLIENT), "EventBridge"), wired.busName);
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient(CLIENT));
  const records = createDynamoRecords(tellingOutages(documents, "DynamoDB"), wired.recordsTable, clock);
  const schedulerClient = tellingOutages(new SchedulerClient(CLIENT), "EventBridge Scheduler");
  const sqs = new SQSClient({ ...CLIENT, useQueueUrlAsEndpoint: false });
  const queueOf = (stage: StageName, lane?: Lane) => {
    const queue = wired.stageQueues[lane ? `${stage}-${lane}` : stage];
    if (!queue) throw new Error(`the stacks link no queue of ${stage}`);
    return queue;
  };
  const urlOf = (queueArn: string) => Object.values(wired.stageQueues).find(({ arn }) => arn === queueArn)?.url;
  return {
    environment,
    release: (queueArn, receiptHandle, seconds) =>
      releaseMessage(sqs, { queueUrl: urlOf(queueArn), receiptHandle }, seconds),
    flush,
    deps: {
      settings,
      clock,
      log: createLog(settings),
      metrics,
      origin: createS3Store(s3, wired.originBucket),
      work: createS3Store(s3, wired.workBucket),
      destination: createS3Store(s3, wired.destinationBucket),
      destinationBucket: wired.destinationBucket,
      bus,
      records,
      outbox: createOutbox({ bus, records }),
      topic: createTopic(tellingOutages(new SNSClient(CLIENT), "SNS"), wired.topicArn),
      scheduler: createScheduler(schedulerClient, {
        group: wired.scheduleGroup,
        roleArn: wired.scheduleRoleArn,
        deadLetterArn: wired.scheduleDlqArn,
        queueArn: (queue, lane) => queueOf(queue === "requests" ? "accept-request" : queue, lane).arn,
        now: clock.now,
      }),
      schedules: createSchedules(schedulerClient, wired.scheduleGroup),
      engine: engineOf(settings, environment),
      backlog: createBacklog(sqs, (stage, lane) => queueOf(stage, lane).url, clock),
      scratch: createScratch(settings.CLIP_DOWNLOAD_DEST),
      onProgress: () => () => {},
    },
  };
}

/** The stacks say what is deployed to the function that copies, where it may. */
function engineOf({ REUSE }: Settings, { ENGINE_VERSION }: NodeJS.ProcessEnv): CoreDeps["engine"] {
  return REUSE === "on" && ENGINE_VERSION ? async () => ENGINE_VERSION : undefined;
}

function createLog({ LOG_LEVEL }: Settings): Log {
  const logger = new Logger({ logLevel: LOG_LEVEL });
  return {
    info: (message, fields = {}) => logger.info(message, fields),
    warn: (message, fields = {}) => logger.warn(message, fields),
    error: (message, fields = {}) => logger.error(message, fields),
  };
}

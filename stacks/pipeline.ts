/// <reference path="../.sst/platform/config.d.ts" />
import { definitionOf, deployedRows, type Lane, lanesOf, type PipelineStage } from "@camclips/events";
import type { PackedFfmpeg } from "./ffmpeg.ts";
import { permissionsOf, type Resources } from "./grants.ts";
import { logicalName, nameOf, serviceName } from "./names.ts";
import { newRecordings } from "./new-recordings.ts";
import type { Place } from "./place.ts";
import type { Profile } from "./profile.ts";
import { type DeadLetterQueue, partOf, type QueueRef, queuePolicy, queuesOf } from "./queues.ts";
import { clock } from "./schedules.ts";
import { environmentOf } from "./settings.ts";

/** A fifth cheaper a second than x86_64. */
const CHEAPEST = "arm64";

/** One stage as the other stacks see it. */
export interface DeployedStage {
  row: PipelineStage;
  queue: QueueRef;
  functionName: $util.Output<string>;
  /** Only of the stages that the bus feeds; one for each queue. */
  ruleArns: $util.Output<string>[];
}

/** Every row of the pipeline table: rule, queue, function. */
export function stages(resources: Resources, profile: Profile, ffmpeg: PackedFfmpeg): DeployedStage[] {
  const links = [wiring(resources), new sst.Secret("CameraServiceToken", "")];
  const signing = resources.links && [new sst.Linkable("ClipLinks", { properties: resources.links })];
  // The function that tells of a clip makes the link to it, and no other holds the key.
  const linksOf = ({ stage }: PipelineStage) => (stage === "publish-clip" ? [...links, ...(signing ?? [])] : links);
  return deployedRows(resources.settings).map((row) => {
    const queue = resources.messaging.queues[row.stage];
    const { dlq } = queue;
    const ruleArns = queuesOf(row.stage, queue).flatMap(({ part, lane, queue: own }) => {
      const isFed = row.input.from === "bus" || row.input.from === "origin";
      const fed = isFed && dlq ? [rule(row, lane, { queue: own, dlq }, resources)] : [];
      if (dlq) queuePolicy(part, own, fed);
      return fed;
    });
    if (dlq) queuePolicy(`${row.stage}-dlq`, dlq, ruleArns);
    // Who has no alarms need not be told every five minutes.
    if (profile.watched) clock(row, queue, resources.messaging.schedules);
    return {
      row,
      queue,
      functionName: consumer(row, queue, { resources, profile, links: linksOf(row), ffmpeg }),
      ruleArns,
    };
  });
}

/** What `connect.ts` needs to know of the stack. It grants nothing: permissions are the rows' `grants`. */
function wiring({ records, storage, messaging }: Resources) {
  const { bus, topic, queues, schedules } = messaging;
  return new sst.Linkable("Wiring", {
    properties: {
      busName: bus.name,
      recordsTable: records.name,
      workBucket: storage.work.name,
      originBucket: storage.origin.name,
      destinationBucket: storage.destination.name,
      topicArn: topic.arn,
      scheduleGroup: schedules.group.name,
      scheduleRoleArn: schedules.role.arn,
      scheduleDlqArn: schedules.dlq.arn,
      stageQueues: Object.fromEntries(
        Object.entries(queues).flatMap(([stage, queue]) =>
          queuesOf(stage, queue).map(({ part, queue: { arn, url } }) => [part, { arn, url }]),
        ),
      ),
    },
  });
}

/** The rule that fills one queue of a stage. What EventBridge cannot deliver rests with the stage's other dead letters. */
function rule(
  row: PipelineStage,
  lane: Lane | undefined,
  { queue, dlq }: { queue: DeadLetterQueue; dlq: DeadLetterQueue },
  { messaging: { bus }, settings, storage }: Resources,
) {
  const part = partOf(row.stage, lane);
  // S3 tells the account's own bus.
  const isOfOrigin = row.input.from === "origin";
  const eventBusName = isOfOrigin ? {} : { eventBusName: bus.name };
  const created = new aws.cloudwatch.EventRule(`${logicalName(part)}Rule`, {
    name: nameOf(part),
    ...eventBusName,
    eventPattern: isOfOrigin ? newRecordings(storage.origin, settings) : JSON.stringify(patternOf(row, lane)),
  });
  new aws.cloudwatch.EventTarget(`${logicalName(part)}Target`, {
    rule: created.name,
    ...eventBusName,
    targetId: part,
    arn: queue.arn,
    deadLetterConfig: { arn: dlq.arn },
    retryPolicy: { maximumEventAgeInSeconds: 24 * 3600, maximumRetryAttempts: 185 },
  });
  return created.arn;
}

function patternOf(row: PipelineStage, lane: Lane | undefined) {
  const events = row.input.from === "bus" ? row.input.events : [];
  const patterns = events.flatMap((type) => definitionOf(type)?.pattern ?? []);
  return {
    source: [...new Set(patterns.flatMap(({ source }) => source))],
    "detail-type": patterns.flatMap((pattern) => pattern["detail-type"]),
    ...(lanesOf(row).length > 0 && { detail: { metadata: { lane: [lane ?? { exists: false }] } } }),
  };
}

interface Surroundings {
  resources: Resources;
  profile: Profile;
  links: unknown[];
  ffmpeg: PackedFfmpeg;
}

/** The stage's function and the mappings that feed it from its queues, each within a limit of its own. */
function consumer(row: PipelineStage, queue: QueueRef, { resources, profile, links, ffmpeg }: Surroundings) {
  const name = nameOf(row.stage);
  const packed = row.ffmpeg ? ffmpeg : undefined;
  const handler = new sst.aws.Function(logicalName(row.stage), {
    name,
    handler: `packages/functions/src/stages/${row.stage}.handler`,
    runtime: "nodejs24.x",
    architecture: packed?.architecture ?? resources.settings.LAMBDA_ARCHITECTURE ?? CHEAPEST,
    memory: `${memoryOf(row, resources.settings)} MB`,
    timeout: `${row.timeoutSeconds} seconds`,
    storage: `${row.storageMb} MB`,
    logging: { retention: profile.logRetention },
    link: links,
    // What only some clips need, and the AWS SDK's ways to sign in, are read when they are needed.
    nodejs: { splitting: true },
    copyFiles: packed?.copyFiles,
    environment: {
      // A dimension of every metric: what keeps the stages of one account apart.
      POWERTOOLS_SERVICE_NAME: serviceName(),
      POWERTOOLS_METRICS_NAMESPACE: $app.name,
      ...environmentOf(resources.settings),
      CLIP_URL: resources.clipUrl,
      ...packed?.environment,
      ...(row.grants.includes("cuts:copy") && resources.engine && { ENGINE_VERSION: resources.engine }),
    },
    permissions: [...permissionsOf(row, resources), writeLog(name, resources.place)],
    transform: { role: narrowRole() },
  });
  for (const { part, lane, queue: own } of queuesOf(row.stage, queue))
    new aws.lambda.EventSourceMapping(`${logicalName(part)}Mapping`, {
      eventSourceArn: own.arn,
      functionName: handler.name,
      batchSize: row.batchSize,
      functionResponseTypes: ["ReportBatchItemFailures"],
      scalingConfig: { maximumConcurrency: lane ? row.lanes[lane] : row.concurrency },
    });
  return handler.name;
}

const memoryOf = ({ stage, memoryMb }: PipelineStage, { RENDER_MEMORY }: Resources["settings"]): number =>
  stage === "render-clip" ? (RENDER_MEMORY ?? memoryMb) : memoryMb;

/**
 * SST's role would carry a managed policy that may write every log group of the account, and trust the whole account
 * (4.17 tests an `Output` for truth). `sst dev` needs that trust: there the developer's machine acts in the role.
 */
function narrowRole() {
  if ($dev) return { managedPolicyArns: [] };
  const trust = aws.iam.getPolicyDocumentOutput({
    statements: [
      { actions: ["sts:AssumeRole"], principals: [{ type: "Service", identifiers: ["lambda.amazonaws.com"] }] },
    ],
  });
  return { managedPolicyArns: [], assumeRolePolicy: trust.json };
}

function writeLog(functionName: string, { partition, region, account }: Place) {
  return {
    actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
    resources: [`arn:${partition}:logs:${region}:${account}:log-group:/aws/lambda/${functionName}:*`],
  };
}

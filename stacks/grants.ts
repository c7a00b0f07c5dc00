/// <reference path="../.sst/platform/config.d.ts" />
import { type Grant, type PipelineStage, pipeline } from "@camclips/events";
import type { clipRecords } from "./clip-records.ts";
import type { Delivery } from "./delivery.ts";
import { type KeyUse, useKeys } from "./keys.ts";
import type { Messaging } from "./messaging.ts";
import type { Place } from "./place.ts";
import { queueArns } from "./queues.ts";
import type { StageSettings } from "./settings.ts";
import type { BucketRef, storage } from "./storage.ts";

type Statement = sst.aws.FunctionPermissionArgs;

export interface Resources extends Delivery {
  settings: StageSettings;
  /** What makes clips, where they may be copied. */
  engine: string | undefined;
  place: Place;
  records: ReturnType<typeof clipRecords>;
  storage: ReturnType<typeof storage>;
  messaging: Messaging;
}

/** Whose messages tell how long a new request would wait (packages/core/src/admission.ts). */
const countedStages = pipeline.filter(({ leastSeconds }) => leastSeconds > 0).map(({ stage }) => stage);

/** What a stage's role may do: its grants, publish, schedule, consume its queue, write its log. Nothing else. */
export function permissionsOf(row: PipelineStage, resources: Resources): Statement[] {
  const { bus, queues, schedules } = resources.messaging;
  return [
    { actions: ["events:PutEvents"], resources: [bus.arn] },
    ...schedule(schedules),
    consume(queueArns(queues[row.stage as keyof typeof queues])),
    ...row.grants.flatMap((grant) => granted(grant, resources)),
    ...useKeys(resources.settings.KMS_KEY_ARNS, keysUsed(row, resources)),
  ];
}

/** What is encrypted with keys of the account's own is brought: whatever the stack creates uses AWS's. */
function keysUsed({ grants, input }: PipelineStage, { settings, storage, messaging }: Resources): KeyUse {
  const { origin, destination } = storage;
  const may = (grant: Grant) => grants.includes(grant);
  const copies = may("cuts:copy") && isReusing(settings);
  return {
    decrypts:
      (may("origin:read") && !origin.own) ||
      ((may("destination:read") || copies) && !destination.own) ||
      (input.from === "requests" && !messaging.queues["accept-request"].dlq),
    encrypts:
      ((may("destination:write") || copies) && !destination.own) || (may("topic:publish") && !messaging.topic.own),
  };
}

function granted(grant: Grant, { settings, records, storage, messaging }: Resources): Statement[] {
  const directory = settings.S3_BUCKET_ORIGIN_DIR ? `${settings.S3_BUCKET_ORIGIN_DIR}/` : "";
  switch (grant) {
    case "origin:read":
      return read(storage.origin, directory);
    // Every write is a PutItem with a condition, those of a transaction too. Nothing is changed in part, or deleted.
    case "records:read":
      return [{ actions: ["dynamodb:GetItem"], resources: [records.arn] }];
    case "records:write":
      return [{ actions: ["dynamodb:PutItem"], resources: [records.arn] }];
    case "records:list":
      return [{ actions: ["dynamodb:Query"], resources: [$interpolate`${records.arn}/index/byState`] }];
    case "records:waiting":
      return [
        {
          actions: ["dynamodb:Query"],
          resources: [records.arn],
          // Entries of cameras, not of clips.
          conditions: [{ test: "ForAllValues:StringLike", variable: "dynamodb:LeadingKeys", values: ["waiting/*"] }],
        },
      ];
    case "work:read":
      return read(storage.work);
    case "work:write":
      return write(storage.work);
    case "destination:read":
      return read(storage.destination);
    case "destination:write":
      return write(storage.destination);
    case "topic:publish":
      return [{ actions: ["sns:Publish"], resources: [messaging.topic.arn] }];
    case "evidence:sign":
      return sign(settings.EVIDENCE_KEY);
    case "cuts:copy":
      return isReusing(settings) ? [...read(storage.destination), ...write(storage.destination)] : [];
    case "cuts:wake":
      return isReusing(settings) ? wake(records, messaging.schedules) : [];
    case "queues:count":
      return [
        {
          actions: ["sqs:GetQueueAttributes"],
          resources: countedStages.flatMap((stage) => queueArns(messaging.queues[stage])),
        },
      ];
    // IAM knows no condition on a schedule's target. What a schedule can reach is the schedule role's business, and
    // every stage may create schedules already, to come back to its own queue.
    case "schedule:request":
    case "schedule:deadline":
      return [];
  }
}

/**
 * HEAD needs GetObject. ListBucket only makes a missing key answer 404 instead of 403; a condition on the prefix would
 * take that away again, because a GET carries none.
 */
function read({ arn }: BucketRef, prefix = ""): Statement[] {
  return [
    { actions: ["s3:GetObject"], resources: [$interpolate`${arn}/${prefix}*`] },
    { actions: ["s3:ListBucket"], resources: [arn] },
  ];
}

/** Conditional and multipart writes are PutObject, too. */
function write({ arn }: BucketRef): Statement[] {
  return [{ actions: ["s3:PutObject", "s3:AbortMultipartUpload"], resources: [$interpolate`${arn}/*`] }];
}

const isReusing = ({ REUSE }: StageSettings): boolean => REUSE === "on";

/** Who waits for a cut stands in that cut's record, and no other may be listed. */
function wake({ arn }: Resources["records"], { group }: Messaging["schedules"]): Statement[] {
  const waiting = { test: "ForAllValues:StringLike", variable: "dynamodb:LeadingKeys", values: ["cut/*"] };
  return [
    { actions: ["dynamodb:Query"], resources: [arn], conditions: [waiting] },
    { actions: ["scheduler:DeleteSchedule"], resources: [schedulesOf(group)] },
  ];
}

/** Of a P-256 key, which knows one algorithm; and its public half, to say which key it was. */
function sign(key: string | undefined): Statement[] {
  return key ? [{ actions: ["kms:Sign", "kms:GetPublicKey"], resources: [key] }] : [];
}

/** CreateSchedule in the stage's group, handing the schedules' role to the scheduler and to nobody else. */
function schedule({ group, role }: Messaging["schedules"]): Statement[] {
  return [
    { actions: ["scheduler:CreateSchedule"], resources: [schedulesOf(group)] },
    {
      actions: ["iam:PassRole"],
      resources: [role.arn],
      conditions: [{ test: "StringEquals", variable: "iam:PassedToService", values: ["scheduler.amazonaws.com"] }],
    },
  ];
}

const schedulesOf = ({ arn }: Messaging["schedules"]["group"]) =>
  arn.apply((group) => `${group.replace(":schedule-group/", ":schedule/")}/*`);

/** What an event source mapping does to its queue in the function's name. */
function consume(resources: $util.Output<string>[]): Statement {
  return {
    actions: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"],
    resources,
  };
}

/// <reference path="../.sst/platform/config.d.ts" />
import { deployedRows, EVENT_SOURCE, type PipelineStage, type StageName } from "@camclips/events";
import { queueNamed, topicNamed } from "./brought/names.ts";
import { nameOf } from "./names.ts";
import type { Place } from "./place.ts";
import type { Profile } from "./profile.ts";
import { broughtQueue, deadLetterQueue, type QueueRef, queuePolicy, queueWithDlq, tlsOnly } from "./queues.ts";
import { schedules } from "./schedules.ts";
import type { StageSettings } from "./settings.ts";

/** Bus and archive, topic, every stage's queue, and the schedules that may fill them. */
export function messaging(settings: StageSettings, profile: Profile, place: Place) {
  const bus = new sst.aws.Bus("Bus", { transform: { bus: { name: nameOf("bus") } } });
  const archive = new aws.cloudwatch.EventArchive("Archive", {
    name: nameOf("archive"),
    eventSourceArn: bus.arn,
    retentionDays: profile.archiveDays,
    // Replayed events, and whatever follows from them, are not archived a second time. The mark is looked for at a leaf
    // of `rerun`: EventBridge's `exists` sees leaves only.
    eventPattern: JSON.stringify({
      source: [EVENT_SOURCE],
      "replay-name": [{ exists: false }],
      detail: { metadata: { rerun: { id: [{ exists: false }] } } },
    }),
  });
  const queues = Object.fromEntries(
    deployedRows(settings).map((row) => [row.stage, stageQueue(row, settings, place)]),
  ) as Record<StageName, QueueRef>;
  const scheduleDlq = deadLetterQueue("schedules");
  queuePolicy("schedules-dlq", scheduleDlq);
  return {
    bus,
    archive,
    topic: topic(settings, place),
    queues,
    schedules: { ...schedules(Object.values(queues), scheduleDlq, settings, place), dlq: scheduleDlq },
  };
}

export type Messaging = ReturnType<typeof messaging>;

/** The request queue may be brought; every other queue is the stack's own. */
function stageQueue(row: PipelineStage, { AWS_SQS_QUEUE, AWS_SQS_QUEUE_URL }: StageSettings, place: Place): QueueRef {
  if (row.input.from !== "requests") return queueWithDlq(row.stage, row);
  return AWS_SQS_QUEUE || AWS_SQS_QUEUE_URL
    ? broughtQueue(queueNamed(AWS_SQS_QUEUE, AWS_SQS_QUEUE_URL, place))
    : queueWithDlq("requests", row);
}

function topic({ AWS_SNS_TOPIC }: StageSettings, place: Place) {
  if (AWS_SNS_TOPIC) return { arn: $output(topicNamed(AWS_SNS_TOPIC, place).arn), own: false };
  const { arn } = new sst.aws.SnsTopic("Clips", { transform: { topic: { name: nameOf("clips") } } });
  // The default policy of a topic goes when one is written: its owner's account keeps the right to subscribe by IAM.
  new aws.sns.TopicPolicy("ClipsPolicy", {
    arn,
    policy: aws.iam.getPolicyDocumentOutput({ statements: [tlsOnly("sns:Publish", [arn])] }).json,
  });
  return { arn, own: true };
}

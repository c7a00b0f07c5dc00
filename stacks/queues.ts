/// <reference path="../.sst/platform/config.d.ts" />
import { type Lane, lanesOf, type PipelineStage, QUEUE_RECEIVES } from "@camclips/events";
import type { NamedQueue } from "./brought/names.ts";
import { logicalName, nameOf } from "./names.ts";

/** A queue by what others need of it, own or brought. */
export interface QueueRef {
  arn: $util.Output<string>;
  url: $util.Output<string>;
  name: $util.Output<string>;
  /** Absent where the queue, and so its dead letters, belong to somebody else. */
  dlq?: DeadLetterQueue;
  /** The stage's other queues, whose dead letters rest beside those of this one. */
  lanes?: Partial<Record<Lane, DeadLetterQueue>>;
}

export type DeadLetterQueue = Required<Pick<QueueRef, "arn" | "url" | "name">>;

const DAY_SECONDS = 24 * 3600;

/**
 * A queue for dead letters, named `<part>-dlq`, keeping them as long as SQS can (a message's age counts from its first
 * queue): time to notice an alarm, fix and redrive. Its policy is written by `queuePolicy`.
 */
export function deadLetterQueue(part: string): DeadLetterQueue {
  return queue(`${part}-dlq`, { messageRetentionSeconds: 14 * DAY_SECONDS });
}

/** A row's queues with their dead-letter queue. The visibility time-out is six function time-outs, as AWS asks for mappings. */
export function queueWithDlq(part: string, row: Pick<PipelineStage, "timeoutSeconds" | "lanes">): Required<QueueRef> {
  const dlq = deadLetterQueue(part);
  const args = {
    messageRetentionSeconds: 4 * DAY_SECONDS,
    visibilityTimeoutSeconds: row.timeoutSeconds * 6,
    redrivePolicy: $jsonStringify({ deadLetterTargetArn: dlq.arn, maxReceiveCount: QUEUE_RECEIVES }),
  };
  const lanes = Object.fromEntries(lanesOf(row).map((lane) => [lane, queue(`${part}-${lane}`, args)]));
  return { ...queue(part, args), dlq, lanes };
}

function queue(part: string, args: aws.sqs.QueueArgs): DeadLetterQueue {
  const { nodes, arn, url } = new sst.aws.Queue(logicalName(`${part}-queue`), {
    transform: {
      queue: (defaults) => {
        Object.assign(defaults, args, { name: nameOf(part), sqsManagedSseEnabled: true });
      },
    },
  });
  return { arn, url, name: nodes.queue.name };
}

/**
 * The policy of one queue: TLS only, and, where rules feed it, those alone among all callers of EventBridge.
 * SST's own `subscribeQueue` would let the rules of any account in.
 */
export function queuePolicy(part: string, target: DeadLetterQueue, ruleArns: $util.Input<string>[] = []) {
  const fromRule =
    ruleArns.length > 0
      ? [
          {
            actions: ["sqs:SendMessage"],
            resources: [target.arn],
            principals: [{ type: "Service", identifiers: ["events.amazonaws.com"] }],
            conditions: [{ test: "ArnEquals", variable: "aws:SourceArn", values: ruleArns }],
          },
        ]
      : [];
  new aws.sqs.QueuePolicy(`${logicalName(part)}Policy`, {
    queueUrl: target.url,
    policy: aws.iam.getPolicyDocumentOutput({ statements: [...fromRule, tlsOnly("sqs:*", [target.arn])] }).json,
  });
}

/** Denies every call that does not come over TLS. */
export function tlsOnly(action: string, resources: $util.Input<string>[]) {
  return {
    effect: "Deny",
    actions: [action],
    resources,
    principals: [{ type: "*", identifiers: ["*"] }],
    conditions: [{ test: "Bool", variable: "aws:SecureTransport", values: ["false"] }],
  };
}

/** What a queue of a stage is named after: `render-clip`, and `render-clip-high` for its lane. */
export const partOf = (stage: string, lane: Lane | undefined): string => (lane ? `${stage}-${lane}` : stage);

/** A stage's queues: the usual one, then its lanes. */
export function queuesOf(stage: string, { lanes = {}, arn, url, name }: QueueRef): StageQueue[] {
  const others = Object.entries(lanes).map(([lane, queue]) => ({ lane: lane as Lane, queue }));
  return [{ lane: undefined, queue: { arn, url, name } }, ...others].map((each) => ({
    ...each,
    part: partOf(stage, each.lane),
  }));
}

/** Of a stage's queues. */
export const queueArns = ({ arn, lanes = {} }: QueueRef) => [arn, ...Object.values(lanes).map((queue) => queue.arn)];

export interface StageQueue {
  part: string;
  lane: Lane | undefined;
  queue: DeadLetterQueue;
}

/** A queue somebody else owns. Its time-outs, policy and dead-letter queue are its owner's. */
export function broughtQueue({ arn, url, name }: NamedQueue): QueueRef {
  return { arn: $output(arn), url: $output(url), name: $output(name) };
}

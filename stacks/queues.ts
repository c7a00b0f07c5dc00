/// <reference path="../.sst/platform/config.d.ts" />
import { logicalName, nameOf } from "./names.ts";

/** A queue by what others need of it, own or brought. */
export interface QueueRef {
  arn: $util.Output<string>;
  url: $util.Output<string>;
  name: $util.Output<string>;
  /** Absent where the queue, and so its dead letters, belong to somebody else. */
  dlq?: DeadLetterQueue;
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

/** A queue with its dead-letter queue. The visibility time-out is six function time-outs, as AWS asks for mappings. */
export function queueWithDlq(part: string, row: { timeoutSeconds: number; maxReceives: number }) {
  const dlq = deadLetterQueue(part);
  const own = queue(part, {
    messageRetentionSeconds: 4 * DAY_SECONDS,
    visibilityTimeoutSeconds: row.timeoutSeconds * 6,
    redrivePolicy: $jsonStringify({ deadLetterTargetArn: dlq.arn, maxReceiveCount: row.maxReceives }),
  });
  return { ...own, dlq };
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
 * The policy of one queue: TLS only, and, where a rule feeds it, that rule alone among all callers of EventBridge.
 * SST's own `subscribeQueue` would let the rules of any account in.
 */
export function queuePolicy(part: string, target: DeadLetterQueue, ruleArn?: $util.Input<string>) {
  const fromRule = ruleArn
    ? [
        {
          actions: ["sqs:SendMessage"],
          resources: [target.arn],
          principals: [{ type: "Service", identifiers: ["events.amazonaws.com"] }],
          conditions: [{ test: "ArnEquals", variable: "aws:SourceArn", values: [ruleArn] }],
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

/**
 * A queue somebody else owns, by ARN, by URL or by name in this account and region. Its time-outs, policy and
 * dead-letter queue are its owner's.
 */
export function broughtQueue(named: string | undefined, url: string | undefined): QueueRef {
  const { accountId } = aws.getCallerIdentityOutput();
  const { region } = aws.getRegionOutput();
  const { partition } = aws.getPartitionOutput();
  const fromArn = named?.match(/^arn:([^:]+):sqs:([^:]+):(\d+):(.+)$/);
  const fromUrl = url?.match(/^https:\/\/sqs\.([^.]+)\.[^/]+\/(\d+)\/(.+)$/);
  if (url && !fromUrl) throw new Error(`AWS_SQS_QUEUE_URL="${url}": not the URL of an SQS queue`);
  const name = fromArn?.[4] ?? fromUrl?.[3] ?? named;
  if (!name) throw new Error("AWS_SQS_QUEUE or AWS_SQS_QUEUE_URL must name the request queue");
  const where = fromArn?.[2] ?? fromUrl?.[1] ?? region;
  const owner = fromArn?.[3] ?? fromUrl?.[2] ?? accountId;
  return {
    arn: $interpolate`arn:${partition}:sqs:${where}:${owner}:${name}`,
    url: $interpolate`${url ?? $interpolate`https://sqs.${where}.amazonaws.com/${owner}/${name}`}`,
    name: $output(name),
  };
}

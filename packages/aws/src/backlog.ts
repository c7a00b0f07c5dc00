import { GetQueueAttributesCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { type Backlog, type Clock, queuesAhead, waitSeconds } from "@camclips/core";
import type { StageName } from "@camclips/events";
import { queueUrlOf } from "./release-message.ts";

/** A look at four queues for every request would cost more than the requests; SQS counts roughly anyway. */
const KEPT_MS = 5_000;

/** Counts what waits in the queues ahead of a new request. */
export function createBacklog(sqs: SQSClient, arnOf: (stage: StageName) => string, clock: Clock): Backlog {
  let latest: { seconds: Promise<number>; atMs: number } | undefined;
  return {
    waitSeconds(signal) {
      if (latest && clock.now() - latest.atMs < KEPT_MS) return latest.seconds;
      const seconds = count(sqs, arnOf, signal);
      latest = { seconds, atMs: clock.now() };
      seconds.catch(() => {
        latest = undefined;
      });
      return seconds;
    },
  };
}

async function count(sqs: SQSClient, arnOf: (stage: StageName) => string, signal?: AbortSignal): Promise<number> {
  const counts = await Promise.all(
    queuesAhead.map(async ({ stage }): Promise<[StageName, number]> => {
      const QueueUrl = queueUrlOf(arnOf(stage));
      const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["ApproximateNumberOfMessages"] });
      const { Attributes } = await sqs.send(command, { abortSignal: signal });
      return [stage, Number(Attributes?.ApproximateNumberOfMessages ?? 0)];
    }),
  );
  const waiting = new Map(counts);
  return waitSeconds((stage) => waiting.get(stage) ?? 0);
}

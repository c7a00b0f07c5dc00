import { GetQueueAttributesCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { Backlog, Clock } from "@camclips/core";
import { queuesAhead, waitSeconds } from "@camclips/core/admission";
import type { StageName } from "@camclips/events";

/** A look at four queues for every request would cost more than the requests; SQS counts roughly anyway. */
const KEPT_MS = 5_000;

/** Counts what waits in the queues ahead of a new request. */
export function createBacklog(sqs: SQSClient, urlOf: (stage: StageName) => string, clock: Clock): Backlog {
  let latest: { seconds: Promise<number>; atMs: number } | undefined;
  return {
    waitSeconds(signal) {
      if (latest && clock.now() - latest.atMs < KEPT_MS) return latest.seconds;
      const seconds = count(sqs, urlOf, signal);
      latest = { seconds, atMs: clock.now() };
      seconds.catch(() => {
        latest = undefined;
      });
      return seconds;
    },
  };
}

async function count(sqs: SQSClient, urlOf: (stage: StageName) => string, signal?: AbortSignal): Promise<number> {
  const counts = await Promise.all(
    queuesAhead.map(async ({ stage }): Promise<[StageName, number]> => {
      const command = new GetQueueAttributesCommand({
        QueueUrl: urlOf(stage),
        AttributeNames: ["ApproximateNumberOfMessages"],
      });
      const { Attributes } = await sqs.send(command, { abortSignal: signal });
      return [stage, Number(Attributes?.ApproximateNumberOfMessages ?? 0)];
    }),
  );
  const waiting = new Map(counts);
  return waitSeconds((stage) => waiting.get(stage) ?? 0);
}

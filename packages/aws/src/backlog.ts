import { GetQueueAttributesCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { Backlog, Clock } from "@camclips/core";
import { queuesAhead, waitSeconds } from "@camclips/core/admission";
import type { Lane, StageName } from "@camclips/events";

/** A look at four queues for every request would cost more than the requests; SQS counts roughly anyway. */
const KEPT_MS = 5_000;

type UrlOf = (stage: StageName, lane: Lane | undefined) => string;

/** Counts what waits in the queues ahead of a new request; in lanes only for those who take them. */
export function createBacklog(sqs: SQSClient, urlOf: UrlOf, clock: Clock): Backlog {
  const latest = new Map<Lane | undefined, { seconds: Promise<number>; atMs: number }>();
  return {
    waitSeconds(lane, signal) {
      const counted = latest.get(lane);
      if (counted && clock.now() - counted.atMs < KEPT_MS) return counted.seconds;
      const seconds = count(sqs, urlOf, lane, signal);
      latest.set(lane, { seconds, atMs: clock.now() });
      seconds.catch(() => latest.delete(lane));
      return seconds;
    },
  };
}

async function count(sqs: SQSClient, urlOf: UrlOf, lane: Lane | undefined, signal?: AbortSignal): Promise<number> {
  const counts = await Promise.all(
    queuesAhead.map(async ({ stage, lanes }): Promise<[StageName, number]> => {
      const command = new GetQueueAttributesCommand({
        QueueUrl: urlOf(stage, lane && lanes[lane] ? lane : undefined),
        AttributeNames: ["ApproximateNumberOfMessages"],
      });
      const { Attributes } = await sqs.send(command, { abortSignal: signal });
      return [stage, Number(Attributes?.ApproximateNumberOfMessages ?? 0)];
    }),
  );
  const waiting = new Map(counts);
  return waitSeconds((stage) => waiting.get(stage) ?? 0, lane);
}

import { ComeBack, ServiceUnavailableError } from "@camclips/core";
import { QUEUE_RECEIVES, stageNamed } from "@camclips/events";
import middy from "@middy/core";
import eventNormalizer from "@middy/event-normalizer";
import type { Context, SQSEvent, SQSRecord } from "aws-lambda";
import { countDelivery, type Receipt } from "../runtime/deliveries.ts";
import { processMessage, type StageHandler, type StageMessage, type WrapperDeps } from "../runtime/process.ts";

/** Failed messages come back after this times their deliveries, instead of after the long visibility time-out. */
const RETRY_AFTER_SECONDS = 15;

/**
 * In an outage, and when time was up before a service answered, the pause grows by this factor with every receive, so that
 * the few there are (4) last for 18 minutes.
 */
const OUTAGE_GROWTH = 8;
const LONGEST_OUTAGE_PAUSE_SECONDS = 960;

/** Time is up when a delivery is counted that ran out of it. */
const COUNT_MS = 3_000;

export interface Failure {
  record: SQSRecord;
  /** Until it comes back. */
  pauseSeconds: number;
}

/** @returns the record when it is to come back. */
export async function handleRecord<Needs extends WrapperDeps>(
  stage: StageHandler<Needs>,
  record: SQSRecord,
  deps: Needs,
  signal: AbortSignal,
): Promise<Failure | undefined> {
  const { maxReceives } = stageNamed(stage.name);
  const receive = Number(record.attributes.ApproximateReceiveCount);
  const receipt = { stage: stage.name, messageId: record.messageId, receive, most: maxReceives };
  let receiveCount = 1;
  let isSeen = false;
  try {
    signal.throwIfAborted();
    isSeen = true;
    // Most messages come once: the first delivery is written down only if it fails.
    if (receive > 1) receiveCount = await deliveriesOf(receipt, deps, signal);
    if (receiveCount > maxReceives) return { record, pauseSeconds: 0 };
    await processMessage(stage, await readRecord(record, receiveCount), deps, signal);
    return undefined;
  } catch (error) {
    const { messageId } = record;
    if (error instanceof ComeBack)
      deps.log.info("stage will look again", { stage: stage.name, messageId, receiveCount });
    else {
      const clipId = clipIdIn(record.body);
      deps.log.error("stage failed", { stage: stage.name, clipId, messageId, receiveCount, receive, error });
    }
    if (isSeen && receive === 1)
      await countDelivery(deps.records, receipt, AbortSignal.timeout(COUNT_MS)).catch(() => {});
    return { record, pauseSeconds: pauseSeconds(stage, receiveCount, error, signal) };
  }
}

/** Without the records nothing is given up, until the queue itself takes the message away. */
async function deliveriesOf(receipt: Receipt, { records }: WrapperDeps, signal: AbortSignal): Promise<number> {
  const { receive, most } = receipt;
  const counted = await countDelivery(records, receipt, signal).catch(() => Math.min(receive, most - 1));
  return receive < QUEUE_RECEIVES ? counted : Math.max(counted, most);
}

/** Opens one record's body. One at a time: a body that the normalizer cannot take fails alone. */
async function readRecord(record: SQSRecord, receiveCount: number): Promise<StageMessage> {
  const open = middy<SQSEvent, unknown>()
    .use(eventNormalizer())
    .handler(async (event) => event.Records[0]?.body);
  const body = await open({ Records: [{ ...record }] }, {} as Context);
  return {
    messageId: record.messageId,
    body,
    sentMs: Number(record.attributes.SentTimestamp),
    receiveCount,
  };
}

/** Of an event or a request, also one that cannot be read as a whole: whoever looks for a clip's lines filters by it. */
const clipIdIn = (body: string): string | undefined => /\\?["']clipId\\?["']\s*:\s*u?\\?["']([\w-]+)/.exec(body)?.[1];

/** A message that was given up need not wait to come to rest. */
function pauseSeconds(
  { name }: Pick<StageHandler, "name">,
  receives: number,
  error: unknown,
  signal: AbortSignal,
): number {
  const { ffmpeg, maxReceives } = stageNamed(name);
  if (receives >= maxReceives) return 0;
  if (error instanceof ComeBack) return error.seconds;
  // ffmpeg that is too slow is so again.
  const isOutage = error instanceof ServiceUnavailableError || (signal.aborted && !ffmpeg);
  if (!isOutage) return RETRY_AFTER_SECONDS * receives;
  return Math.min(LONGEST_OUTAGE_PAUSE_SECONDS, RETRY_AFTER_SECONDS * OUTAGE_GROWTH ** (receives - 1));
}

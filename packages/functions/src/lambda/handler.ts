import { ServiceUnavailableError } from "@camclips/core";
import { stageNamed } from "@camclips/events";
import middy from "@middy/core";
import eventNormalizer from "@middy/event-normalizer";
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import { processMessage, type StageHandler, type StageMessage, type WrapperDeps } from "../runtime/process.ts";
import type { Connection, CoreDeps } from "./connect.ts";

/** The stage's signal aborts this long before Lambda ends the function, so that a failure can still be told. */
const TIMEOUT_EARLY_MS = 10_000;

/** Failed messages come back after this times their receive count, instead of after the long visibility time-out. */
const RETRY_AFTER_SECONDS = 15;

/**
 * In an outage, and when time was up before a service answered, the pause grows by this factor with every receive, so that
 * the few there are (4) last for 18 minutes.
 */
const OUTAGE_GROWTH = 8;
const LONGEST_OUTAGE_PAUSE_SECONDS = 960;

type Extras = (environment: NodeJS.ProcessEnv) => Promise<object>;

/**
 * The Lambda handler of a stage, behind its SQS queue: every record by itself, failed ones reported one by one.
 * The clients are loaded with the first message: who imports a stage to run it elsewhere loads none.
 * @param extras dependencies that only this stage has (the media engine).
 */
export function lambdaHandler<Needs extends WrapperDeps>(
  stage: StageHandler<Needs>,
  extras: Extras = async () => ({}),
) {
  let connection: Promise<Connection & { deps: CoreDeps & Needs }> | undefined;
  const connected = () => {
    connection ??= (async () => {
      const { connect } = await import("./connect.ts");
      const made = await connect();
      try {
        return { ...made, deps: { ...made.deps, ...(await extras(made.environment)) } as CoreDeps & Needs };
      } catch (error) {
        made.deps.log.error("stage cannot start", { stage: stage.name, error });
        throw error;
      }
    })();
    // A start that failed is tried again with the next invocation.
    connection.catch(() => {
      connection = undefined;
    });
    return connection;
  };

  const handleBatch = async (event: SQSEvent, signal: AbortSignal): Promise<SQSBatchResponse> => {
    const { deps, release, flush } = await connected();
    const failures: { record: SQSRecord; error: unknown }[] = [];
    for (const record of event.Records) {
      try {
        signal.throwIfAborted();
        await processMessage(stage, await readRecord(record), deps, signal);
      } catch (error) {
        failures.push({ record, error });
        deps.log.error("stage failed", {
          stage: stage.name,
          clipId: clipIdIn(record.body),
          messageId: record.messageId,
          receiveCount: receiveCountOf(record),
          error,
        });
      }
    }
    await Promise.all(failures.map(({ record, error }) => release(record, pauseSeconds(stage, record, error, signal))));
    flush();
    return { batchItemFailures: failures.map(({ record }) => ({ itemIdentifier: record.messageId })) };
  };
  // The aborted batch still reports which records failed; any other early answer would count as success for all.
  let batch: Promise<SQSBatchResponse>;
  const options = { timeoutEarlyInMillis: TIMEOUT_EARLY_MS, timeoutEarlyResponse: () => batch };
  return middy<SQSEvent, SQSBatchResponse>(options).handler((event, _, { signal }) => {
    batch = handleBatch(event, signal);
    return batch;
  });
}

/** Opens one record's body. One at a time: a body that the normalizer cannot take fails alone. */
async function readRecord(record: SQSRecord): Promise<StageMessage> {
  const open = middy<SQSEvent, unknown>()
    .use(eventNormalizer())
    .handler(async (event) => event.Records[0]?.body);
  const body = await open({ Records: [{ ...record }] }, {} as Context);
  return {
    messageId: record.messageId,
    body,
    sentMs: Number(record.attributes.SentTimestamp),
    receiveCount: receiveCountOf(record),
  };
}

/** Of an event or a request, also one that cannot be read as a whole: whoever looks for a clip's lines filters by it. */
const clipIdIn = (body: string): string | undefined => /\\?["']clipId\\?["']\s*:\s*u?\\?["']([\w-]+)/.exec(body)?.[1];

const receiveCountOf = (record: SQSRecord): number => Number(record.attributes.ApproximateReceiveCount);

/** After its last delivery a message need not wait to come to rest. */
function pauseSeconds(
  { name }: Pick<StageHandler, "name">,
  record: SQSRecord,
  error: unknown,
  signal: AbortSignal,
): number {
  const receives = receiveCountOf(record);
  const { ffmpeg, maxReceives } = stageNamed(name);
  // ffmpeg that is too slow is so again.
  const isOutage = error instanceof ServiceUnavailableError || (signal.aborted && !ffmpeg);
  if (!isOutage || receives >= maxReceives) return RETRY_AFTER_SECONDS * receives;
  return Math.min(LONGEST_OUTAGE_PAUSE_SECONDS, RETRY_AFTER_SECONDS * OUTAGE_GROWTH ** (receives - 1));
}

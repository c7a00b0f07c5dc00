import type { Settings } from "@camclips/events";
import middy from "@middy/core";
import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import type { StageHandler, WrapperDeps } from "../runtime/process.ts";
import type { Connection, CoreDeps } from "./connect.ts";
import { type Failure, handleRecord } from "./record.ts";

/** The stage's signal aborts this long before Lambda ends the function, so that a failure can still be told. */
const TIMEOUT_EARLY_MS = 10_000;

/** What a stage needs beside what all have. */
type Extra<Needs> = Omit<Needs, keyof CoreDeps>;
type Extras<Needs> = (environment: NodeJS.ProcessEnv, settings: Settings) => Promise<Extra<Needs>>;

/**
 * The Lambda handler of a stage, behind its SQS queue: every record by itself, failed ones reported one by one.
 * The clients are loaded with the first message: who imports a stage to run it elsewhere loads none.
 * @param extras dependencies that only this stage has (the media engine, the camera service); left out where there are none.
 */
export function lambdaHandler<Needs extends WrapperDeps>(
  stage: StageHandler<Needs>,
  ...[extras]: object extends Extra<Needs> ? [extras?: Extras<Needs>] : [extras: Extras<Needs>]
) {
  let connection: Promise<Connection & { deps: CoreDeps & Needs }> | undefined;
  const connected = () => {
    connection ??= (async () => {
      const { connect } = await import("./connect.ts");
      const made = await connect();
      try {
        return {
          ...made,
          deps: { ...made.deps, ...(await extras?.(made.environment, made.deps.settings)) } as CoreDeps & Needs,
        };
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
    const failures: Failure[] = [];
    for (const record of event.Records) {
      const failure = await handleRecord(stage, record, deps, signal);
      if (failure) failures.push(failure);
    }
    await Promise.all(
      failures.map(({ record, pauseSeconds }) => release(record.eventSourceARN, record.receiptHandle, pauseSeconds)),
    );
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

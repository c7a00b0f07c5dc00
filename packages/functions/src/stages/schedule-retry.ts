import {
  attemptKey,
  CameraServiceError,
  pendingMetadata,
  RetryLater,
  requestKey,
  terminalEntry,
  waitingStatus,
  writeRequest,
} from "@camclips/core";
import { SourcesPending } from "@camclips/events";
import { lambdaHandler } from "../lambda/handler.ts";
import type { Deps } from "../runtime/deps.ts";
import { defineStage } from "../runtime/process.ts";

type Needs = Pick<Deps, "records" | "scheduler" | "cameras" | "settings" | "destinationBucket" | "clock" | "log">;

/** Has the request sent again later, and tells the camera service that the clip is pending. */
export const scheduleRetry = defineStage(
  "schedule-retry",
  [SourcesPending],
  async ({ data, metadata }, deps: Needs, signal) => {
    const { request, nextAttemptMs } = data;
    if (metadata.rerun && !metadata.rerun.notify) return [];
    // Late or delivered twice, this must neither take a terminal status back nor start over.
    if (await deps.records.get(terminalEntry(request.clipId, requestKey(request)), signal)) return [];

    const next = { ...request, retryTimestamps: [...request.retryTimestamps, request.sentMs] };
    const name = `retry-${attemptKey(next)}`;
    await deps.scheduler.schedule({ name, atMs: nextAttemptMs, queue: "requests", body: writeRequest(next) }, signal);
    // Who looks at the time that is told finds the attempt made, or on its way.
    const told = { ...data, nextAttemptMs: nextAttemptMs + (deps.scheduler.lateByMs ?? 0) };
    await deps.records.setStatus(waitingStatus(request, told, metadata.deadlineAt, deps.clock.now()), signal);

    const pending = pendingMetadata(
      request,
      { ...told, deadlineAt: metadata.deadlineAt },
      deps.destinationBucket,
      deps.settings,
    );
    await tellPending(request.clipId, pending, nextAttemptMs, deps, signal);
    return [];
  },
);

/** Longer timers than this end at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Gives up when the next attempt is due: that may bring the terminal status, which must stay the last word. */
async function tellPending(
  clipId: string,
  pending: object,
  untilMs: number,
  { cameras, clock, log }: Needs,
  signal: AbortSignal,
): Promise<void> {
  const untold = (error: string) =>
    log.warn("the camera service was not told that the clip is pending", { clipId, error });
  const leftMs = untilMs - clock.now();
  if (leftMs <= 0) return untold("the next attempt is due");
  const due = AbortSignal.timeout(Math.min(leftMs, LONGEST_TIMER_MS));
  try {
    await cameras.putClip(clipId, pending, AbortSignal.any([signal, due]));
  } catch (error) {
    signal.throwIfAborted();
    if (due.aborted) return untold("there was no answer before the next attempt");
    if (!(error instanceof CameraServiceError)) throw error;
    if (error.transient && clock.now() < untilMs)
      throw new RetryLater("CAMERA_SERVICE_UNAVAILABLE", 5, { cause: error });
    untold(error.message);
  }
}

export const handler = lambdaHandler(scheduleRetry);

import {
  CameraServiceError,
  nextAttempt,
  pendingMetadata,
  RetryLater,
  requestKey,
  terminalEntry,
  waitingStatus,
  writeRequest,
} from "@camclips/core";
import { type ClipRequest, SourcesPending } from "@camclips/events";
import * as z from "zod/mini";
import { lambdaHandler } from "../lambda/handler.ts";
import type { Deps } from "../runtime/deps.ts";
import { getEntry } from "../runtime/entries.ts";
import { defineStage } from "../runtime/process.ts";
import { isCancelled, tellCameraService, terminal } from "../runtime/terminal.ts";

type Needs = Pick<Deps, "records" | "scheduler" | "cameras" | "settings" | "destinationBucket" | "clock" | "log">;

/** As much of a terminal status as is told to the camera service. */
const told = z.pick(terminal, { status: true, clipMetadata: true });

/** Has the request sent again later, and tells the camera service that the clip is pending. */
export const scheduleRetry = defineStage(
  "schedule-retry",
  [SourcesPending],
  async ({ data, metadata }, deps: Needs, signal) => {
    const { request, nextAttemptMs } = data;
    if (metadata.rerun && !metadata.rerun.notify) return [];
    // Late or delivered twice, this must neither take a terminal status back nor start over.
    if (await isOver(request, deps, signal)) return [];

    const next = nextAttempt(request);
    const body = writeRequest(next.request);
    await deps.scheduler.schedule({ name: next.schedule, atMs: nextAttemptMs, queue: "requests", body }, signal);
    // Who looks at the time that is told finds the attempt made, or on its way.
    const due = { ...data, nextAttemptMs: nextAttemptMs + (deps.scheduler.lateByMs ?? 0) };
    await deps.records.setStatus(waitingStatus(request, due, metadata.deadlineAt, deps.clock.now()), signal);

    const pending = pendingMetadata(
      request,
      { ...due, deadlineAt: metadata.deadlineAt },
      deps.destinationBucket,
      deps.settings,
    );
    await tellPending(request.clipId, pending, nextAttemptMs, deps, signal);
    await isOver(request, deps, signal);
    return [];
  },
);

/**
 * Whether the clip has its terminal status. An operator may cancel a clip at any moment, also while its pending status is on
 * its way to the camera service: then that is told once more, to stay the last word.
 */
async function isOver(request: ClipRequest, deps: Needs, signal: AbortSignal): Promise<boolean> {
  const { clipId } = request;
  const outcome = await getEntry(deps.records, terminalEntry(clipId, requestKey(request)), told, signal);
  if (!outcome || !isCancelled(outcome)) return outcome !== undefined;
  try {
    await tellCameraService(clipId, outcome, deps, signal);
  } catch (error) {
    if (!(error instanceof CameraServiceError)) throw error;
    throw new RetryLater("CAMERA_SERVICE_UNAVAILABLE", 5, { cause: error });
  }
  return true;
}

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

export const handler = lambdaHandler(scheduleRetry, async (...known) =>
  (await import("../lambda/connect-cameras.ts")).connectCameras(...known),
);

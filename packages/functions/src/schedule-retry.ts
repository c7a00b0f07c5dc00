import {
  attemptKey,
  CameraServiceError,
  pendingMetadata,
  RetryLater,
  requestKey,
  terminalKey,
  writeRequest,
} from "@camclips/core";
import { SourcesPending } from "@camclips/events";
import type { Deps } from "./deps.ts";
import { lambdaHandler } from "./lambda.ts";
import { defineStage } from "./stage.ts";

type Needs = Pick<Deps, "work" | "scheduler" | "cameras" | "settings" | "destinationBucket" | "clock" | "log">;

/** Has the request sent again later, and tells the camera service that the clip is pending. */
export const scheduleRetry = defineStage(
  "schedule-retry",
  [SourcesPending],
  async ({ data, metadata }, deps: Needs, signal) => {
    const { request, nextAttemptMs } = data;
    if (metadata.rerun && !metadata.rerun.notify) return [];
    // Late or delivered twice, this must neither take a terminal status back nor start over.
    if (await deps.work.info(terminalKey(request.clipId, requestKey(request)), signal)) return [];

    const next = { ...request, retryTimestamps: [...request.retryTimestamps, request.sentMs] };
    const name = `retry-${attemptKey(next)}`;
    await deps.scheduler.schedule({ name, atMs: nextAttemptMs, queue: "requests", body: writeRequest(next) }, signal);

    const pending = pendingMetadata(
      request,
      { ...data, deadlineAt: metadata.deadlineAt },
      deps.destinationBucket,
      deps.settings,
    );
    try {
      await deps.cameras.putClip(request.clipId, pending, signal);
    } catch (error) {
      if (!(error instanceof CameraServiceError)) throw error;
      if (error.passing && deps.clock.now() < nextAttemptMs)
        throw new RetryLater("CAMERA_SERVICE_UNAVAILABLE", 5, { cause: error });
      deps.log.warn("the camera service was not told that the clip is pending", {
        clipId: request.clipId,
        error: error.message,
      });
    }
    return [];
  },
);

export const handler = lambdaHandler(scheduleRetry);

import { notifiedKey, putKey, requestKey } from "@camclips/core";
import { ClipFailed, RequestAccepted } from "@camclips/events";
import type { Deps } from "./deps.ts";
import { lambdaHandler } from "./lambda.ts";
import { defineStage } from "./stage.ts";

type Needs = Pick<Deps, "work">;

/** Runs at a clip's deadline: whoever is still waiting for an answer by then gets one. */
export const checkDeadline = defineStage(
  "check-deadline",
  [RequestAccepted],
  async ({ data: { request }, metadata: { clipId, deadlineAt } }, { work }: Needs, signal) => {
    const key = requestKey(request);
    const told = await Promise.all(
      [notifiedKey(clipId, key), putKey(clipId, key)].map((marker) => work.info(marker, signal)),
    );
    if (told.every(Boolean)) return [];
    const message = `no terminal status by ${deadlineAt}: a stage crashed, or its messages rest in a dead-letter queue`;
    return [ClipFailed.happened({ request, stage: "check-deadline", reason: "STALLED", message })];
  },
);

export const handler = lambdaHandler(checkDeadline);

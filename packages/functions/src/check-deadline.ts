import { eventKey, requestKey, terminalKey } from "@camclips/core";
import { ClipFailed, ClipPublished, derivedId, RequestAccepted } from "@camclips/events";
import * as z from "zod";
import type { Deps } from "./deps.ts";
import { getJson } from "./json-objects.ts";
import { lambdaHandler } from "./lambda.ts";
import { defineStage } from "./stage.ts";

type Needs = Pick<Deps, "work">;

/** The event behind a terminal status (publish-clip): ClipPublished follows from it, and its id from that. */
const claimant = z.object({ cause: z.string() });

/** Runs at a clip's deadline: whoever is still waiting for an answer by then gets one, and the history gets its end. */
export const checkDeadline = defineStage(
  "check-deadline",
  [RequestAccepted],
  async ({ data: { request }, metadata: { clipId, deadlineAt } }, { work }: Needs, signal) => {
    const terminal = await getJson(work, terminalKey(clipId, requestKey(request)), claimant, signal);
    const published = terminal && eventKey(clipId, derivedId(terminal.cause, ClipPublished.type, ""));
    if (published && (await work.info(published, signal))) return [];
    const message = `no terminal status by ${deadlineAt}: a stage crashed, or its messages rest in a dead-letter queue`;
    return [ClipFailed.happened({ request, stage: "check-deadline", reason: "STALLED", message })];
  },
);

export const handler = lambdaHandler(checkDeadline);

import { eventEntry, requestKey, terminalEntry } from "@camclips/core";
import { ClipFailed, ClipRejected, GroupAccepted, RequestAccepted } from "@camclips/events";
import * as z from "zod/mini";
import { lambdaHandler } from "../lambda/handler.ts";
import { isEnded } from "../runtime/complete-group.ts";
import type { Deps } from "../runtime/deps.ts";
import { getEntry } from "../runtime/entries.ts";
import { defineStage } from "../runtime/process.ts";

type Needs = Pick<Deps, "records">;

/** What publish-clip stores of a terminal status: the ClipPublished that ends it. */
const claimant = z.object({ eventId: z.string() });

/** Runs at a clip's deadline: whoever is still waiting for an answer by then gets one, and the history gets its end. */
export const checkDeadline = defineStage(
  "check-deadline",
  [RequestAccepted, ClipRejected, GroupAccepted],
  async (watched, { records }: Needs, signal) => {
    if (watched.type === GroupAccepted.type)
      return (await isEnded(watched.data.groupId, records, signal)) ? [] : [GroupAccepted.happened(watched.data)];
    const { request } = watched.data;
    const { clipId, deadlineAt } = watched.metadata;
    const terminal = await getEntry(records, terminalEntry(clipId, requestKey(request)), claimant, signal);
    const published = terminal && eventEntry(clipId, terminal.eventId);
    if (published && (await records.get(published, signal))) return [];
    // A refusal says itself what it is about; only its delivery failed.
    if (watched.type === "ClipRejected") return [ClipRejected.happened(watched.data)];
    const message = `no terminal status by ${deadlineAt}: a stage crashed, or its messages rest in a dead-letter queue`;
    return [ClipFailed.happened({ request, stage: "check-deadline", reason: "STALLED", message })];
  },
);

export const handler = lambdaHandler(checkDeadline);

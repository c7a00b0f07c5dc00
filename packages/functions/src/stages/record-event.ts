import { eventEntry } from "@camclips/core";
import { catalog, toEnvelope } from "@camclips/events";
import { lambdaHandler } from "../lambda/handler.ts";
import type { Deps } from "../runtime/deps.ts";
import { defineStage } from "../runtime/process.ts";

type Needs = Pick<Deps, "records">;

/** Writes the clip's own history: one entry per event, the first delivery wins. Timelines are read from it. */
export const recordEvent = defineStage("record-event", catalog, async (event, { records }: Needs, signal) => {
  const { id, clipId } = event.metadata;
  await records.putOnce(eventEntry(clipId, id), toEnvelope(event), { signal });
  return [];
});

export const handler = lambdaHandler(recordEvent);

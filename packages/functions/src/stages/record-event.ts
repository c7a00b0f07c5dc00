import { eventKey } from "@camclips/core";
import { catalog, toEnvelope } from "@camclips/events";
import { lambdaHandler } from "../lambda/handler.ts";
import type { Deps } from "../runtime/deps.ts";
import { defineStage } from "../runtime/process.ts";

type Needs = Pick<Deps, "work">;

/** Writes the clip's own history: one small object per event, the first delivery wins. Timelines are read from it. */
export const recordEvent = defineStage("record-event", catalog, async (event, { work }: Needs, signal) => {
  const { id, clipId } = event.metadata;
  const body = Buffer.from(JSON.stringify(toEnvelope(event)));
  await work.put(eventKey(clipId, id), body, { contentType: "application/json", ifAbsent: true, signal });
  return [];
});

export const handler = lambdaHandler(recordEvent);

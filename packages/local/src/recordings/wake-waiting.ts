import { readRequest } from "@camclips/core";
import { decideByList, searchRange } from "@camclips/core/footage";
import type { Settings } from "@camclips/events";
import type { LocalRuntime } from "../runtime.ts";
import type { RecordingsIndex } from "./recordings-index.ts";

interface Waiting {
  runtime: Pick<LocalRuntime, "schedules" | "fireEarly">;
  index: Pick<RecordingsIndex, "listed">;
  settings: Settings;
  now(): number;
}

/**
 * Tries a camera's waiting clips now, where its footage would decide them: an attempt that still found too little would only
 * use up one of their tries.
 */
export async function wakeWaiting(camera: string, { runtime, index, settings, now }: Waiting): Promise<void> {
  const decided: string[] = [];
  for (const { name, queue, body } of runtime.schedules) {
    if (queue !== "requests") continue;
    const { readable, request } = readRequest(body, now());
    if (!readable || request.cameraId !== camera) continue;
    const listed = await index.listed(camera, ...searchRange(request, settings));
    if (decideByList(request, listed, settings).decision.kind !== "pending") decided.push(name);
  }
  if (decided.length > 0) await runtime.fireEarly(decided);
}

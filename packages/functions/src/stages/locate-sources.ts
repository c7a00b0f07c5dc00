import {
  CameraServiceError,
  type Decision,
  type Footage,
  RetryLater,
  rejectTooLong,
  UnknownCameraError,
} from "@camclips/core";
import { decideByList, searchRange } from "@camclips/core/footage";
import {
  type AnyFact,
  ClipRejected,
  type ClipRequest,
  RequestAccepted,
  SourcesLocated,
  SourcesPending,
} from "@camclips/events";
import { lambdaHandler } from "../lambda/handler.ts";
import type { Deps } from "../runtime/deps.ts";
import { noteWaiting } from "../runtime/note-waiting.ts";
import { defineStage } from "../runtime/process.ts";

type Needs = Pick<Deps, "cameras" | "records" | "settings">;

/** Asks the camera service which recordings hold the range, and decides: cut, wait, or say why not. */
export const locateSources = defineStage(
  "locate-sources",
  [RequestAccepted],
  async (event, { cameras, records, settings }: Needs, signal) => {
    const { request } = event.data;
    const tooLong = rejectTooLong(request, settings);
    if (tooLong) return [decisionFact(tooLong, request)];
    try {
      const alias = await cameras.alias(request.cameraId, signal);
      const listed = await cameras.recordings(alias, ...searchRange(request, settings), signal);
      const { usable, decision } = decideByList(request, listed, settings);
      await noteWaiting(decision, event, alias, { records, settings }, signal);
      if (decision.kind !== "located") return [decisionFact(decision, request)];
      const isOther = (footage: Footage) => isOfRange(footage, request, settings) && !isIn(decision.parts, footage);
      const others = usable.filter(isOther);
      const { parts: sources, gaps } = decision;
      return [SourcesLocated.happened({ request, alias, sources, gaps, ...(others.length > 0 && { others }) })];
    } catch (error) {
      if (error instanceof UnknownCameraError) {
        return [
          ClipRejected.happened({ request, status: "FATAL_ERROR", reason: "UNKNOWN_CAMERA", message: error.message }),
        ];
      }
      if (error instanceof CameraServiceError && error.transient)
        throw new RetryLater("CAMERA_SERVICE_UNAVAILABLE", 15, { cause: error });
      throw error;
    }
  },
);

/** Also where the range starts or ends between one recording and the next: that is no gap, as long as both are known. */
function isOfRange(
  footage: Footage,
  { startMs, endMs }: ClipRequest,
  { JOIN_TOLERANCE_MS }: Needs["settings"],
): boolean {
  return footage.startMs < endMs + JOIN_TOLERANCE_MS && footage.endMs > startMs - JOIN_TOLERANCE_MS;
}

function isIn(parts: readonly Footage[], { key }: Footage): boolean {
  return parts.some((part) => part.key === key);
}

/** The event that tells a decision against cutting now. */
export function decisionFact(decision: Exclude<Decision, { kind: "located" }>, request: ClipRequest): AnyFact {
  return decision.kind === "pending"
    ? SourcesPending.happened({ request, ...decision })
    : ClipRejected.happened({ request, ...decision });
}

export const handler = lambdaHandler(locateSources, async (...known) =>
  (await import("../lambda/connect-cameras.ts")).connectCameras(...known),
);

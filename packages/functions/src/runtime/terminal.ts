import { CameraServiceError, type Refusal, refusedMetadata } from "@camclips/core";
import { type ClipFailed, ClipPublished, type ClipRejected, type EventOf, followingId } from "@camclips/events";
import * as z from "zod/mini";
import type { Deps } from "./deps.ts";

/** The one terminal status of a request: whoever claims it first decides, everyone else delivers the same. */
export const terminal = z.extend(z.omit(ClipPublished.detail.shape.data, { notified: true, putRefused: true }), {
  cause: z.string(),
  /** Of the ClipPublished that ends it, whoever publishes that. */
  eventId: z.string(),
  /** The camera service keeps one status per clipId, and that is the first clip's. */
  conflict: z._default(z.boolean(), false),
});
export type TerminalRecord = z.output<typeof terminal>;

/** Of a terminal status, as far as it stops other work. */
export const decided = z.object({ status: z.string() });

/** An operator's word is final: no rerun makes a clip of it after all. */
export const isCancelled = (record: z.output<typeof decided> | undefined): boolean =>
  record?.status === "CLIP_CANCELLED";

/** The ClipPublished that follows from an event, whoever publishes it. */
export const endingOf = ({ id, rerun }: { id: string; rerun?: { id: string } | undefined }) => ({
  cause: id,
  eventId: followingId(id, ClipPublished.type, rerun?.id),
});

/**
 * Tells the camera service a terminal status. A refusal for good (a 4xx) is recorded, not retried: subscribers know the status.
 * @throws CameraServiceError when it may be told later.
 */
export async function tellCameraService(
  clipId: string,
  { clipMetadata }: Pick<TerminalRecord, "clipMetadata">,
  { cameras, log }: Pick<Deps, "cameras" | "log">,
  signal: AbortSignal,
): Promise<{ refused?: string }> {
  try {
    await cameras.putClip(clipId, clipMetadata, signal);
    return {};
  } catch (error) {
    if (!(error instanceof CameraServiceError) || error.transient) throw error;
    log.error("the camera service refused a status", { clipId, error: error.message });
    return { refused: error.message };
  }
}

/** What a clip's end without a clip is told as. */
export function refusedTerminal(event: EventOf<typeof ClipRejected | typeof ClipFailed>): TerminalRecord {
  const { data, metadata } = event;
  const refusal: Refusal = event.type === "ClipRejected" ? event.data : { ...data, status: "FATAL_ERROR" };
  const clipMetadata = refusedMetadata(data.request, refusal) as TerminalRecord["clipMetadata"];
  const conflict = event.type === "ClipRejected" && event.data.conflict;
  return { status: refusal.status, reason: refusal.reason, clipMetadata, ...endingOf(metadata), conflict };
}

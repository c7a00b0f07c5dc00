import { type AnyEvent, ClipPublished, SourcesPending } from "@camclips/events";
import type { Desk, KnownClip } from "@camclips/functions";
import * as z from "zod";
import { type ClipView, choicesIn } from "../api/clip-view.ts";

const pathOf = (clipId: string): string => `/clips/${encodeURIComponent(clipId)}`;

/** A clip in a list. */
export function summaryOf(clip: KnownClip): ClipView {
  const { clipId, title, state, sinceMs, askedMs, cameraId, startMs, endMs, outcome, reason } = clip;
  const self = pathOf(clipId);
  const isThere = state === "available" && cameraId !== null;
  return {
    clipId,
    ...(title !== undefined && { title }),
    ...{ camera: cameraId, start: startMs, end: endMs, state, since: sinceMs },
    ...(askedMs !== undefined && { asked: askedMs }),
    ...{ attempt: clip.attempt, deadlineAt: clip.deadlineAt },
    ...(clip.nextAttemptAt && { nextAttemptAt: clip.nextAttemptAt }),
    ...((outcome ?? state === "waiting") && { status: outcome ?? "CLIP_PENDING" }),
    ...(reason && { reason }),
    links: {
      ...{ self, events: `${self}/events` },
      ...(isThere && { clip: `${self}/clip.mp4`, thumbnail: `${self}/thumbnails/smallest` }),
    },
  };
}

/** What lies beside a clip, as its caller was told. */
const beside = z.looseObject({
  preview: z.looseObject({ storyboard: z.unknown() }).optional(),
  clock: z.unknown(),
  evidence: z.unknown(),
});

/** A clip with what its caller was told; undefined for one that is not known. */
export async function detailOf(desk: Desk, clipId: string): Promise<ClipView | undefined> {
  const [clip, events] = await Promise.all([desk.clip(clipId), desk.history(clipId)]);
  if (!clip) return undefined;
  const metadata = metadataIn(events);
  const view = summaryOf(clip);
  const { self, clip: video } = view.links;
  const told = (video !== undefined && beside.safeParse(metadata).data) || undefined;
  const links = {
    ...view.links,
    ...(told?.preview !== undefined && { storyboard: `${self}/preview/storyboard.vtt` }),
    ...(told?.clock !== undefined && { clock: `${self}/clock.vtt` }),
    ...(told?.evidence !== undefined && { evidence: `${self}/manifest.json` }),
  };
  const choices = choicesIn(events);
  return { ...view, links, ...(choices && { choices }), ...(metadata && { metadata }) };
}

/** What the caller was told last. Where a clip is and what it is called is not told of one that is pending. */
export function metadataIn(events: readonly AnyEvent[]): Record<string, unknown> | undefined {
  const told = events.findLast(({ type }) => type === ClipPublished.type || type === SourcesPending.type);
  if (told?.type === ClipPublished.type) return told.data.clipMetadata;
  if (told?.type !== SourcesPending.type) return undefined;
  const { request, ...pending } = told.data;
  return { status: "CLIP_PENDING", ...pending };
}

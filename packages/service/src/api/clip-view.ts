import { type ClipStatus, pendingMetadata, terminalEntry } from "@camclips/core";
import { type AnyEvent, choiceNames } from "@camclips/events";
import { askedAs, toldOf } from "@camclips/local";
import * as z from "zod";
import type { Site } from "../site.ts";
import type { clipView } from "./schemas.ts";
import { sideLinks } from "./side-files.ts";

export type ClipView = z.input<typeof clipView>;
type Choices = NonNullable<ClipView["choices"]>;

/** A clip in a list. */
export function clipSummary(
  { live, settings, config }: Pick<Site, "live" | "settings" | "config">,
  status: ClipStatus,
  title?: string,
): ClipView {
  const { clipId, state, sinceMs, cameraId, startMs, endMs, attempt, deadlineAt, nextAttemptAt, reason, outcome } =
    status;
  const percent = state === "working" ? live.percentOf(clipId) : undefined;
  return {
    clipId,
    ...(title !== undefined && { title }),
    camera: cameraId,
    start: startMs,
    end: endMs,
    state,
    since: sinceMs,
    ...(status.askedMs !== undefined && { asked: status.askedMs }),
    attempt,
    deadlineAt,
    ...(nextAttemptAt && { nextAttemptAt }),
    ...((outcome ?? state === "waiting") && { status: outcome ?? "CLIP_PENDING" }),
    ...(reason && { reason }),
    ...(percent !== undefined && { percent }),
    links: {
      ...linksOf(clipId, state === "available" ? settings.THUMBNAIL_SIZES : undefined),
      ...(state === "available" && sideLinks({ config }, cameraId, clipId)),
    },
  };
}

/** A clip by itself, with what its caller was told. @returns undefined for one that nobody asked for. */
export async function clipDetail(site: Site, clipId: string): Promise<ClipView | undefined> {
  const { runtime } = site;
  const read = runtime.state.read;
  const asked = askedAs(read, clipId);
  const status = await runtime.records.status(clipId);
  if (status) {
    const events = await runtime.history(clipId);
    const metadata = await metadataOf(status, events, site);
    const choices = choicesIn(events);
    return { ...clipSummary(site, status, asked?.title), ...(choices && { choices }), ...(metadata && { metadata }) };
  }
  if (asked) {
    const { camera, start, end } = rangeIn(asked.body);
    const title = asked.title === undefined ? {} : { title: asked.title };
    return { clipId, ...title, camera, start, end, state: "queued", since: asked.sentMs, links: linksOf(clipId) };
  }
  const told = toldOf(read, clipId);
  return told && foreign(clipId, told);
}

function linksOf(clipId: string, sizes?: readonly number[]): Record<string, string> {
  const self = `/clips/${encodeURIComponent(clipId)}`;
  const files = sizes && { clip: `${self}/clip.mp4`, thumbnail: `${self}/thumbnails/${Math.min(...sizes)}` };
  return { self, events: `${self}/events`, ...files };
}

const decided = z.object({ clipMetadata: z.record(z.string(), z.unknown()) });

/** What the caller was told last; of a clip that was just decided, what is being told: its history ends a moment later. */
async function metadataOf(
  { clipId, requestKey, outcome }: ClipStatus,
  events: readonly AnyEvent[],
  { runtime, config, settings }: Site,
): Promise<Record<string, unknown> | undefined> {
  const event = events.findLast(({ type }) => type === "ClipPublished" || type === "SourcesPending");
  if (event?.type === "ClipPublished") return event.data.clipMetadata;
  const terminal = outcome && (await runtime.records.get(terminalEntry(clipId, requestKey)));
  if (terminal) return decided.parse(terminal).clipMetadata;
  if (event?.type !== "SourcesPending") return undefined;
  const { request, ...pending } = event.data;
  return pendingMetadata(request, { ...pending, deadlineAt: event.metadata.deadlineAt }, config.clips, settings);
}

/** What the request chose; undefined where no valid one was accepted. */
export function choicesIn(events: readonly AnyEvent[]): Choices | undefined {
  const accepted = events.find(({ type }) => type === "RequestAccepted");
  if (accepted?.type !== "RequestAccepted") return undefined;
  const { request } = accepted.data;
  return Object.fromEntries(choiceNames.flatMap((name) => (request[name] ? [[name, request[name]]] : [])));
}

function rangeIn(body: string): { camera: string; start: number; end: number } {
  const { cameraId, startTimestampInMs, endTimestampInMs } = JSON.parse(body);
  return { camera: cameraId, start: startTimestampInMs, end: endTimestampInMs };
}

/** A clip of a pipeline elsewhere, as far as it told this machine. */
function foreign(clipId: string, told: Record<string, unknown>): ClipView {
  const number = (value: unknown) => (typeof value === "number" ? value : null);
  const status = typeof told.status === "string" ? told.status : "";
  const isAvailable = status === "CLIP_AVAILABLE";
  return {
    clipId,
    camera: typeof told.cameraId === "string" ? told.cameraId : null,
    start: number(told.startTimestampInMs),
    end: number(told.endTimestampInMs),
    state: isAvailable
      ? "available"
      : status === "CLIP_PENDING"
        ? "waiting"
        : status === "FATAL_ERROR"
          ? "failed"
          : "unavailable",
    since: 0,
    status,
    metadata: told,
    links: { self: `/clips/${encodeURIComponent(clipId)}` },
  };
}

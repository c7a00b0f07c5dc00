import {
  availableMetadata,
  CameraServiceError,
  type ClipStatus,
  claimEntry,
  decidedStatus,
  notifiedEntry,
  putEntry,
  RetryLater,
  requestKey,
  terminalEntry,
} from "@camclips/core";
import {
  type AnyFact,
  ClipFailed,
  ClipPublished,
  ClipRejected,
  type EventOf,
  GroupAccepted,
  ThumbnailsRendered,
} from "@camclips/events";
import * as z from "zod/mini";
import { lambdaHandler } from "../lambda/handler.ts";
import { wakeWaiting } from "../reuse/waiting.ts";
import { completeGroup, openOlder } from "../runtime/complete-group.ts";
import type { Deps } from "../runtime/deps.ts";
import { getEntry, putEntryOnce } from "../runtime/entries.ts";
import { once, onceAlone } from "../runtime/once.ts";
import { defineStage } from "../runtime/process.ts";
import {
  endingOf,
  isCancelled,
  refusedTerminal,
  type TerminalRecord,
  tellCameraService,
  terminal,
} from "../runtime/terminal.ts";

type Needs = Pick<
  Deps,
  | "records"
  | "bus"
  | "schedules"
  | "topic"
  | "cameras"
  | "settings"
  | "destinationBucket"
  | "metrics"
  | "log"
  | "clock"
  | "link"
> & { destination: Pick<Deps["destination"], "info"> };
type Terminal = EventOf<typeof ThumbnailsRendered | typeof ClipRejected | typeof ClipFailed>;

/** The request that a clipId was first accepted for (accept-request). */
const claimant = z.object({ requestKey: z.string() });

const delivered = z.object({ refused: z.optional(z.string()) });

/**
 * Tells the terminal status to the camera service (PUT) and to the topic (SNS). The two succeed and fail independently,
 * each behind its own entry; a replay tells nobody. With the last clip of a group, that is told, too.
 */
export const publishClip = defineStage(
  "publish-clip",
  [ThumbnailsRendered, ClipRejected, ClipFailed, GroupAccepted],
  async (event, deps: Needs, signal) => {
    const { rerun } = event.metadata;
    if (event.type === GroupAccepted.type) return rerun ? [] : lookAtGroup(event, deps, signal);
    const outcome = terminalOf(event, deps);
    if (rerun && !rerun.notify) return [factOf(outcome, { notified: false })];
    if (rerun && (await isReplaced(event, deps, signal))) return [factOf(outcome, { notified: false })];

    const key = requestKey(event.data.request);
    const claimed = await claimTerminal(event, outcome, deps, signal);
    if (!claimed) return [factOf(outcome, { notified: false })];
    const { stored, rerunId } = claimed;
    const entries = { notified: notifiedEntry, put: putEntry };
    const at = (entry: keyof typeof entries) => entries[entry](event.metadata.clipId, key, rerunId);
    const [notified, put, woken] = await Promise.allSettled([
      onceAlone(deps, at("notified"), delivered, () => notify(stored, deps, signal), signal),
      stored.conflict
        ? undefined
        : once(deps, at("put"), delivered, () => putStatus(stored, key, deps, signal), signal),
      wakeWaiting(event.metadata, deps, signal),
    ]);
    // They come by themselves, only later.
    if (woken.status === "rejected")
      deps.log.warn("clips of the same cut were not woken", { clipId: event.metadata.clipId, error: woken.reason });
    for (const effect of [notified, put]) if (effect.status === "rejected") throw retryable(effect.reason);
    if (stored.cause !== event.metadata.id) {
      deps.log.info("clip already has its terminal status", {
        clipId: event.metadata.clipId,
        status: stored.status,
        dropped: outcome.status,
      });
    }
    const putRefused = put.status === "fulfilled" ? put.value?.refused : undefined;
    // Whoever brings the status to its end publishes the one event that follows from whoever claimed it.
    const published = { ...factOf(stored, { notified: true, putRefused }), cause: stored.cause, id: stored.eventId };
    const { groupId, clipId } = event.data.request;
    return groupId === undefined
      ? [published]
      : [published, ...(await completeGroup(groupId, { cause: stored.cause, clipId }, deps, signal))];
  },
);

const OLDER_SECONDS = 30;

/** Its items may have been decided before it was sent, and nobody else looks after those that were asked for before. */
async function lookAtGroup(
  { data: { groupId, items }, metadata }: EventOf<typeof GroupAccepted>,
  deps: Needs,
  signal: AbortSignal,
): Promise<AnyFact[]> {
  const open = await openOlder(items, deps.records, signal);
  const { id: cause, clipId } = metadata;
  if (open === undefined) return completeGroup(groupId, { cause, clipId, isSecond: true }, deps, signal);
  const why = new Error(`group ${groupId}: clip ${open}, which was asked for before, is not decided`);
  throw new RetryLater("INTERNAL", OLDER_SECONDS, { cause: why });
}

/**
 * A request has one terminal status. A rerun that was told to notify takes it while it is free: then the clip is answered,
 * and its deadline has nothing to add. Afterwards it has a status of its own, which never takes a delivered clip back.
 * @returns undefined when a rerun has nothing better to tell.
 */
async function claimTerminal(
  event: Terminal,
  outcome: TerminalRecord,
  deps: Needs,
  signal: AbortSignal,
): Promise<{ stored: TerminalRecord; rerunId: string | undefined } | undefined> {
  const { clipId, id, rerun } = event.metadata;
  const key = requestKey(event.data.request);
  const options = { status: statusOf(event, outcome, deps), signal };
  const base = await putEntryOnce(deps.records, terminalEntry(clipId, key), terminal, outcome, options);
  if (!rerun || base.stored.cause === id) return { stored: base.stored, rerunId: undefined };
  if (isCancelled(base.stored)) return undefined;
  if (base.stored.status === "CLIP_AVAILABLE" && outcome.status !== "CLIP_AVAILABLE") {
    deps.log.warn("a rerun found less than was delivered", { clipId, rerun: rerun.id, dropped: outcome.status });
    return undefined;
  }
  const own = await putEntryOnce(deps.records, terminalEntry(clipId, key, rerun.id), terminal, outcome, options);
  return { stored: own.stored, rerunId: rerun.id };
}

/** Two reruns of a clip may make other bytes, one after the other: only those that are served are told, whoever comes last. */
async function isReplaced(event: Terminal, { destination, log }: Needs, signal: AbortSignal): Promise<boolean> {
  if (event.type !== ThumbnailsRendered.type) return false;
  const { key, sha256 } = event.data.clip;
  const served = (await destination.info(key, signal))?.metadata.sha256;
  if (served === undefined || served === sha256) return false;
  const { clipId, rerun } = event.metadata;
  log.warn("what a rerun made was replaced by another one, which tells of it", { clipId, rerun: rerun?.id });
  return true;
}

function terminalOf(event: Terminal, { settings, destinationBucket, link: makeLink, clock }: Needs): TerminalRecord {
  if (event.type !== "ThumbnailsRendered") return refusedTerminal(event);
  const { request, clip, coverage, preview, evidence, reusedFrom } = event.data;
  const { takenUpAt, occurredAt } = event.metadata;
  const takenUpMs = takenUpAt === undefined ? request.sentMs : Date.parse(takenUpAt);
  const isWanted = request.link === "signed";
  const link = isWanted
    ? makeLink?.({ key: clip.key, clipId: request.clipId }, clock.now() + settings.LINK_SECONDS * 1000)
    : undefined;
  const times = { takenUpMs, finishedMs: Date.parse(occurredAt) };
  const finished = { clip, coverage, preview, evidence, reusedFrom, link, ...times };
  const clipMetadata = availableMetadata(request, finished, destinationBucket, settings);
  return {
    status: "CLIP_AVAILABLE",
    clipMetadata: clipMetadata as TerminalRecord["clipMetadata"],
    ...endingOf(event.metadata),
    conflict: false,
  };
}

function statusOf({ data, metadata }: Terminal, { status, reason }: TerminalRecord, { clock }: Needs): ClipStatus {
  const decided = { status, reason, isRerun: metadata.rerun !== undefined };
  return decidedStatus(data.request, decided, metadata.deadlineAt, clock.now());
}

function factOf(
  { status, reason, clipMetadata }: TerminalRecord,
  told: { notified: boolean; putRefused?: string | undefined },
): AnyFact {
  return ClipPublished.happened({ status, reason, clipMetadata, ...told });
}

async function notify(
  { status, reason, clipMetadata, cause }: TerminalRecord,
  { topic, metrics }: Needs,
  signal: AbortSignal,
) {
  const { cameraId } = clipMetadata as { cameraId: string };
  // `notificationId` lets a subscriber drop the repetition that a crash at the wrong moment can cause.
  const attributes = { status, cameraId, notificationId: cause, ...(reason && { reason }) };
  const filled = Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== ""));
  await topic.notify({ message: JSON.stringify(clipMetadata), attributes: filled }, signal);
  metrics.add("Published", 1, "Count", { status });
  metrics.add("Decided", 1, "Count");
  if (reason) metrics.add("Refused", 1, "Count", { reason });
  const { waitMs, workMs, realtimeFactor } = clipMetadata;
  if (typeof waitMs === "number") metrics.add("WaitMs", waitMs, "Milliseconds");
  if (typeof workMs === "number") metrics.add("WorkMs", workMs, "Milliseconds");
  if (typeof realtimeFactor === "number") metrics.add("RealtimeFactor", realtimeFactor, "None");
  return {};
}

/** The answer to a message that was refused may come late, when another one has taken the clipId: then it is not the clip's. */
async function putStatus(outcome: TerminalRecord, key: string, deps: Needs, signal: AbortSignal) {
  const { clipId } = outcome.clipMetadata as { clipId: string };
  const holder = await getEntry(deps.records, claimEntry(clipId), claimant, signal);
  return holder && holder.requestKey !== key ? {} : tellCameraService(clipId, outcome, deps, signal);
}

const retryable = (error: unknown): unknown =>
  error instanceof CameraServiceError ? new RetryLater("CAMERA_SERVICE_UNAVAILABLE", 15, { cause: error }) : error;

export const handler = lambdaHandler(publishClip, async (...known) => ({
  ...(await (await import("../lambda/connect-cameras.ts")).connectCameras(...known)),
  ...(await (await import("../lambda/connect-links.ts")).connectLinks()),
}));

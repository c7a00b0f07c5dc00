import { attemptKey, nextAttempt, requestKey, resultEntry, wokenEntry } from "@camclips/core";
import { asEarly, mayComeEarly } from "@camclips/core/early-attempt";
import { decideByList, searchRange } from "@camclips/core/footage";
import type { WaitingClip } from "@camclips/core/waiting-clip";
import type { ClipRequest } from "@camclips/events";
import * as z from "zod/mini";
import { type AcceptDeps, acceptClip, wasAccepted } from "./accept-clip.ts";
import type { Deps } from "./deps.ts";
import { getEntry, putEntryOnce } from "./entries.ts";
import type { StageMessage } from "./process.ts";

export type WakeDeps = AcceptDeps & Pick<Deps, "cameras" | "origin">;

/** What brought the news: a message that tells of a new object. */
export interface News extends Pick<StageMessage, "messageId" | "receiveCount"> {
  key: string;
  /** Nobody comes back to it: what is undecided now is the schedule's. */
  isLast: boolean;
}

/** `soon`: a look in a few seconds may tell more. */
export type Verdict = "wake" | "soon" | "leave";

const woken = z.object({ by: z.string() });

/** Whether a clip's next attempt is to be made now. An attempt that still found too little would use up one of its tries. */
export async function verdictOn(
  waiting: WaitingClip,
  news: News,
  deps: WakeDeps,
  signal: AbortSignal,
): Promise<Verdict> {
  const { request, pendingId } = waiting;
  const { clipId, endMs, retryTimestamps } = request;
  // A range that is not over is not decided by any footage.
  if (deps.clock.now() < endMs) return "leave";
  const status = await deps.records.status(clipId, signal);
  if (status?.requestKey !== requestKey(request)) return "leave";
  // It may be about to wait: for the first time, or again.
  if (status.state === "working") return (await isUnfinished(request, news, deps, signal)) ? "wake" : "soon";
  if (status.state !== "waiting" || status.attempt !== retryTimestamps.length + 1) return "leave";
  // The camera service must not be told that it is pending behind what follows.
  if (!(await deps.records.get(resultEntry(clipId, "schedule-retry", pendingId), signal))) return "soon";
  return wouldBeDecided(waiting, news, deps, signal);
}

/** An earlier delivery of the same news has claimed the attempt, and broke off. */
async function isUnfinished(request: ClipRequest, news: News, deps: WakeDeps, signal: AbortSignal): Promise<boolean> {
  if (news.receiveCount === 1) return false;
  const next = nextAttempt(request).request;
  const claim = await getEntry(deps.records, wokenEntry(next.clipId, attemptKey(next)), woken, signal);
  return claim?.by === news.messageId && !(await wasAccepted(next, deps, signal));
}

async function wouldBeDecided(
  waiting: WaitingClip,
  { key, isLast }: News,
  { cameras, origin, settings, clock }: WakeDeps,
  signal: AbortSignal,
): Promise<Verdict> {
  const { request, alias, missing } = waiting;
  const nowMs = clock.now();
  if (!mayComeEarly(request, settings)) return "leave";
  const listed = await cameras.recordings(alias, ...searchRange(request, settings), signal);
  const { usable, decision } = decideByList(asEarly(waiting, nowMs), listed, settings);
  if (decision.kind === "pending") return usable.some((footage) => footage.key === key) ? "leave" : "soon";
  // Footage comes out of order: what is newer than a hole may be a moment ahead of what fills it.
  if (decision.kind === "rejected" || decision.gaps.length > 0) return isLast ? "wake" : "soon";
  for (const { key: part, fromMs, toMs } of decision.parts) {
    const isNew = missing.some(([start, end]) => fromMs < end && toMs > start);
    // One that is listed and not there yet brings news of its own.
    if (isNew && !(await origin.open(part, signal))) return "leave";
  }
  return "wake";
}

/** Makes a clip's next attempt, unless other news has done so. Its schedule finds it made, or makes it after all. */
export async function wakeClip(
  { request }: WaitingClip,
  news: News,
  deps: WakeDeps,
  signal: AbortSignal,
): Promise<void> {
  const next = { ...nextAttempt(request).request, sentMs: deps.clock.now() };
  const entry = wokenEntry(next.clipId, attemptKey(next));
  const { stored } = await putEntryOnce(deps.records, entry, woken, { by: news.messageId }, { signal });
  if (stored.by !== news.messageId) return;
  const accepted = await acceptClip({ readable: true, request: next }, news, deps, signal);
  await deps.bus.publish([accepted], signal);
  deps.log.info("new footage wakes a clip", { clipId: next.clipId, key: news.key });
  deps.metrics.add("Woken", 1, "Count");
}

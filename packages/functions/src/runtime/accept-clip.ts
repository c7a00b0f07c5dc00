import {
  attemptKey,
  claimEntry,
  deadlineMs,
  eventEntry,
  maxRetries,
  type ReadRequest,
  requestKey,
  type Scheduler,
  workingStatus,
} from "@camclips/core";
import { refusedIn } from "@camclips/core/group";
import {
  type AnswerableRequest,
  type AnyEvent,
  type AnyFact,
  ClipRejected,
  type ClipRequest,
  derivedId,
  type EventOf,
  firstEvent,
  followingId,
  type Lane,
  RequestAccepted,
  toEnvelope,
  versionOf,
} from "@camclips/events";
import * as z from "zod/mini";
import type { Deps } from "./deps.ts";
import { getEntry, putEntryOnce } from "./entries.ts";
import { type Answer, admit } from "./overload.ts";
import type { StageMessage, WrapperDeps } from "./process.ts";

/** What a clipId stands for, from its first acceptance on. */
const claim = z.object({ requestKey: z.string(), deadlineAt: z.iso.datetime(), groupId: z.optional(z.string()) });

export type AcceptDeps = WrapperDeps & Pick<Deps, "settings" | "backlog">;

/** What became of one request: the event that says it. */
export type Answered = EventOf<typeof RequestAccepted> | EventOf<typeof ClipRejected>;

/** Claims a request's clipId and has its deadline watched, or refuses it. */
export async function acceptClip(
  read: ReadRequest,
  message: Pick<StageMessage, "messageId" | "receiveCount">,
  deps: AcceptDeps,
  signal: AbortSignal,
): Promise<Answered> {
  if (!read.readable) return refuse(read.request, invalid(read.message), deps, signal);
  const { request } = read;
  const admission = await admit(request, message, deps, signal);
  if ("refused" in admission) {
    const { request: refused, answer } = admission.refused;
    return refuse(refused, answer, deps, signal);
  }
  const { stored, ours } = await claimClip(request, deps, signal);
  if (stored.requestKey !== requestKey(request)) {
    const { groupId } = request;
    const other = groupId === undefined ? request : refusedIn(groupId, request);
    return refuse(other, invalid("this clipId was used for another clip before: use a new one"), deps, signal);
  }
  // Whoever asked first says which group the clip belongs to: what follows is the same, whichever message leads to it.
  const { groupId: _, ...rest } = request;
  const own = stored.groupId === undefined ? rest : { ...rest, groupId: stored.groupId };
  const accepted = stamp(RequestAccepted.happened({ request: own }), own, { ...stored, ...admission }, deps);
  await watchDeadline(deadlineName(own), accepted, deps, signal);
  if (!ours && request.retryTimestamps.length > 0)
    await deps.records.setStatus(workingStatus(request, stored.deadlineAt, deps.clock.now()), signal);
  if (ours) deps.metrics.add("Accepted", 1, "Count");
  return accepted;
}

function claimClip(request: ClipRequest, { records, clock, settings }: AcceptDeps, signal: AbortSignal) {
  const deadlineAt = new Date(deadlineMs(request, clock.now(), settings)).toISOString();
  const status = workingStatus(request, deadlineAt, clock.now());
  const { groupId } = request;
  const value = { requestKey: requestKey(request), deadlineAt, ...(groupId !== undefined && { groupId }) };
  return putEntryOnce(records, claimEntry(request.clipId), claim, value, { status, signal });
}

/** Whether an attempt was made before, and the bus has it: its event is in the clip's history. */
export async function wasAccepted(request: ClipRequest, { records }: Pick<Deps, "records">, signal: AbortSignal) {
  const id = followingId(attemptKey(request), RequestAccepted.type);
  return (await records.get(eventEntry(request.clipId, id), signal)) !== undefined;
}

export const invalid = (message: string): Answer => ({ reason: "INVALID_REQUEST", message });

/** A refused request counts as accepted too: it gets its terminal status, and the two counts must meet. */
export async function refuse(
  request: AnswerableRequest,
  answer: Answer,
  deps: AcceptDeps,
  signal: AbortSignal,
): Promise<Answered> {
  const taken = await getEntry(deps.records, claimEntry(request.clipId), claim, signal);
  const fact = ClipRejected.happened({
    request,
    status: "FATAL_ERROR",
    ...answer,
    conflict: taken !== undefined,
  });
  const { SQS_TIMEOUT, CLIP_WORK_LIMIT } = deps.settings;
  const answerByMs = deps.clock.now() + (maxRetries(deps.settings) * SQS_TIMEOUT + CLIP_WORK_LIMIT) * 1000;
  const refused = stamp(fact, request, { deadlineAt: new Date(answerByMs).toISOString() }, deps);
  // The same message again is published once, and so must be counted once.
  const watched = await watchDeadline(deadlineName(request), refused, deps, signal);
  if (watched === "scheduled") deps.metrics.add("Accepted", 1, "Count");
  return refused;
}

function stamp<F extends AnyFact>(
  fact: F,
  request: AnswerableRequest,
  { deadlineAt, lane }: { deadlineAt: string; lane?: Lane | undefined },
  { clock }: AcceptDeps,
) {
  const key = attemptKey(request);
  const origin = { clipId: request.clipId, key, trace: requestKey(request), deadlineAt, lane };
  return firstEvent(fact, versionOf(fact.type), origin, new Date(clock.now()).toISOString());
}

/** One schedule per request, whatever the attempt: the deadline does not move. */
const deadlineName = (request: AnswerableRequest): string => derivedId(requestKey(request));

/** Has an event come back at its deadline. @param name of what is watched: a name is scheduled once. */
export function watchDeadline(
  name: string,
  event: AnyEvent,
  { scheduler }: Pick<AcceptDeps, "scheduler">,
  signal: AbortSignal,
): ReturnType<Scheduler["schedule"]> {
  const atMs = Date.parse(event.metadata.deadlineAt);
  const body = JSON.stringify(toEnvelope(event));
  return scheduler.schedule({ name: `check-deadline-${name}`, atMs, queue: "check-deadline", body }, signal);
}

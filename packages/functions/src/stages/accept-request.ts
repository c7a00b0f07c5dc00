import {
  attemptKey,
  claimEntry,
  deadlineMs,
  maxRetries,
  readRequest,
  requestKey,
  type Scheduler,
  workingStatus,
} from "@camclips/core";
import {
  type AnswerableRequest,
  type AnyEvent,
  type AnyFact,
  ClipRejected,
  type ClipRequest,
  derivedId,
  firstEvent,
  type Lane,
  RequestAccepted,
  toEnvelope,
  versionOf,
} from "@camclips/events";
import * as z from "zod";
import { lambdaHandler } from "../lambda/handler.ts";
import type { Deps } from "../runtime/deps.ts";
import { getEntry, putEntryOnce } from "../runtime/entries.ts";
import { type Answer, admit } from "../runtime/overload.ts";
import type { StageHandler, WrapperDeps } from "../runtime/process.ts";

/** What a clipId stands for, from its first acceptance on. */
const claim = z.object({ requestKey: z.string(), deadlineAt: z.iso.datetime() });

type Needs = WrapperDeps & Pick<Deps, "settings" | "backlog">;

/** Reads a caller's request, claims its clipId, and has its deadline watched. */
export const acceptRequest: StageHandler<Needs> = {
  name: "accept-request",
  read: () => undefined,
  async run(message, _, deps, signal) {
    const { body, sentMs } = message;
    const read = readRequest(body, sentMs);
    if (!read.readable) return [await refuse(read.request, invalid(read.message), deps, signal)];
    const { request } = read;
    const admission = await admit(request, message, deps, signal);
    if ("refused" in admission) {
      const { request: refused, answer } = admission.refused;
      return [await refuse(refused, answer, deps, signal)];
    }
    const { stored, ours } = await claimClip(request, deps, signal);
    if (stored.requestKey !== requestKey(request)) {
      const taken = invalid("this clipId was used for another clip before: use a new one");
      return [await refuse(request, taken, deps, signal)];
    }
    const accepted = stamp(RequestAccepted.happened({ request }), request, { ...stored, ...admission }, deps);
    await watchDeadline(accepted, request, deps, signal);
    if (!ours && request.retryTimestamps.length > 0)
      await deps.records.setStatus(workingStatus(request, stored.deadlineAt, deps.clock.now()), signal);
    if (ours) deps.metrics.add("Accepted", 1, "Count");
    return [accepted];
  },
};

function claimClip(request: ClipRequest, { records, clock, settings }: Needs, signal: AbortSignal) {
  const deadlineAt = new Date(deadlineMs(request, clock.now(), settings)).toISOString();
  const status = workingStatus(request, deadlineAt, clock.now());
  const value = { requestKey: requestKey(request), deadlineAt };
  return putEntryOnce(records, claimEntry(request.clipId), claim, value, { status, signal });
}

const invalid = (message: string): Answer => ({ reason: "INVALID_REQUEST", message });

/** A refused request counts as accepted too: it gets its terminal status, and the two counts must meet. */
async function refuse(request: AnswerableRequest, answer: Answer, deps: Needs, signal: AbortSignal): Promise<AnyEvent> {
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
  const watched = await watchDeadline(refused, request, deps, signal);
  if (watched === "scheduled") deps.metrics.add("Accepted", 1, "Count");
  return refused;
}

function stamp(
  fact: AnyFact,
  request: AnswerableRequest,
  { deadlineAt, lane }: { deadlineAt: string; lane?: Lane | undefined },
  { clock }: Needs,
): AnyEvent {
  const key = attemptKey(request);
  const origin = { clipId: request.clipId, key, trace: requestKey(request), deadlineAt, lane };
  return firstEvent(fact, versionOf(fact.type), origin, new Date(clock.now()).toISOString()) as AnyEvent;
}

/** One schedule per request, whatever the attempt: the deadline does not move. */
async function watchDeadline(
  answered: AnyEvent,
  request: AnswerableRequest,
  { scheduler }: Needs,
  signal: AbortSignal,
): ReturnType<Scheduler["schedule"]> {
  const name = `check-deadline-${derivedId(requestKey(request))}`;
  const atMs = Date.parse(answered.metadata.deadlineAt);
  const body = JSON.stringify(toEnvelope(answered));
  return scheduler.schedule({ name, atMs, queue: "check-deadline", body }, signal);
}

export const handler = lambdaHandler(acceptRequest);

import { type AnswerableRequest, id, type Reason, reason, type Status, terminalStatus } from "@camclips/events";
import * as z from "zod/mini";
import { firstSentMs } from "./decide.ts";
import { requestKey } from "./request.ts";

/** Where a clip stands: the one item of its record that people ask for by state, and by camera and range. */

/**
 * `working`: a stage is at it. `waiting`: its footage may still come. The others are final: `available`, `unavailable` (decided
 * without a clip), `cancelled` (by an operator), `stalled` (no answer by the deadline) and `failed` (FATAL_ERROR for any other
 * reason).
 */
export const clipState = z.enum(["working", "waiting", "available", "unavailable", "cancelled", "failed", "stalled"]);
export type ClipState = z.infer<typeof clipState>;

export const clipStatus = z.object({
  clipId: id,
  /** The request that it is the status of. */
  requestKey: z.string(),
  state: clipState,
  /** When it came into this state. */
  sinceMs: z.int(),
  /** When its first message was sent; statuses of an earlier version do not say. */
  askedMs: z.optional(z.int()),
  /** Null where a refused request names none that is valid. */
  cameraId: z.nullable(id),
  startMs: z.nullable(z.int()),
  endMs: z.nullable(z.int()),
  /** From 1; every wait for footage ends with another one. */
  attempt: z.int().check(z.positive()),
  deadlineAt: z.iso.datetime(),
  nextAttemptAt: z.optional(z.iso.datetime()),
  reason: z.optional(reason),
  /** The terminal status, once there is one. */
  outcome: z.optional(terminalStatus),
  /** Greater as text than that of every status that it follows: see `supersedes`. */
  order: z.string(),
});
export type ClipStatus = z.infer<typeof clipStatus>;

/** The order of a refused message is below this: such a message has no claim on the clip. */
export const ACCEPTED_ORDER = "1";

/**
 * Whether a status takes the place of the one that is there. Events come late, twice and out of order: a status of the same
 * request only moves on, and one of another request counts only while nobody's request was accepted. Adapters that cannot
 * call this say the same in their own words; their contract suite compares.
 */
export function supersedes(next: ClipStatus, current: ClipStatus | undefined): boolean {
  if (!current) return true;
  const mayFollow = next.requestKey === current.requestKey || current.order < ACCEPTED_ORDER;
  return mayFollow && next.order > current.order;
}

/** @param now epoch ms. */
export function workingStatus(request: AnswerableRequest, deadlineAt: string, now: number): ClipStatus {
  return { ...common(request, deadlineAt, now), state: "working", order: `1.${padded(attemptOf(request))}.0` };
}

export function waitingStatus(
  request: AnswerableRequest,
  { reason, nextAttemptMs }: { reason: Reason; nextAttemptMs: number },
  deadlineAt: string,
  now: number,
): ClipStatus {
  const order = `1.${padded(attemptOf(request))}.1`;
  const nextAttemptAt = new Date(nextAttemptMs).toISOString();
  return { ...common(request, deadlineAt, now), state: "waiting", reason, nextAttemptAt, order };
}

interface Decided {
  status: Exclude<Status, "CLIP_PENDING">;
  reason?: Reason | undefined;
  /** A redrive or a replay that tells everybody: it may correct what was decided before. */
  isRerun: boolean;
}

export function decidedStatus(
  request: AnswerableRequest,
  { status: outcome, reason, isRerun }: Decided,
  deadlineAt: string,
  now: number,
): ClipStatus {
  const at = new Date(now).toISOString();
  const order = request.refused ? `0.${at}` : isRerun ? `3.${at}` : "2";
  return { ...common(request, deadlineAt, now), state: stateOf(outcome, reason), outcome, reason, order };
}

function stateOf(outcome: Decided["status"], reason: Reason | undefined): ClipState {
  if (outcome === "CLIP_AVAILABLE") return "available";
  if (outcome === "CLIP_CANCELLED") return "cancelled";
  if (outcome !== "FATAL_ERROR") return "unavailable";
  return reason === "STALLED" ? "stalled" : "failed";
}

function common(request: AnswerableRequest, deadlineAt: string, sinceMs: number) {
  const cameraId = id.safeParse(request.cameraId);
  return {
    clipId: request.clipId,
    requestKey: requestKey(request),
    sinceMs,
    askedMs: firstSentMs(request),
    cameraId: cameraId.success ? cameraId.data : null,
    startMs: wholeMs(request.startMs),
    endMs: wholeMs(request.endMs),
    attempt: attemptOf(request),
    deadlineAt,
  };
}

/** Whether a clip is not decided though half of its time is over. It begins when its footage can exist. */
export function isStuck(
  {
    state,
    sinceMs,
    askedMs = sinceMs,
    endMs,
    deadlineAt,
  }: Pick<ClipStatus, "state" | "sinceMs" | "askedMs" | "endMs" | "deadlineAt">,
  nowMs: number,
): boolean {
  if (state !== "working" && state !== "waiting") return false;
  const beginMs = Math.max(askedMs, endMs ?? 0);
  return nowMs > beginMs + (Date.parse(deadlineAt) - beginMs) / 2;
}

const attemptOf = ({ retryTimestamps }: AnswerableRequest): number => retryTimestamps.length + 1;
const padded = (attempt: number): string => String(attempt).padStart(4, "0");
const wholeMs = (ms: number | null): number | null => (Number.isSafeInteger(ms) ? ms : null);

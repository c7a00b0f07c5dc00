import { claimEntry, failureEntry, requestKey } from "@camclips/core";
import { retryAfterSeconds } from "@camclips/core/admission";
import { type AnswerableRequest, type ClipRequest, derivedId, type Lane, type Reason } from "@camclips/events";
import * as z from "zod/mini";
import type { Deps } from "./deps.ts";
import { getEntry, putEntryOnce } from "./entries.ts";
import type { StageMessage } from "./process.ts";

type Needs = Pick<Deps, "records" | "backlog" | "settings" | "log">;

/** Why a request is refused. */
export interface Answer {
  reason: Reason;
  message: string;
  retryAfterSeconds?: number;
}

const refusal = z.object({ retryAfterSeconds: z.int().check(z.positive()) });

export type Admission = { lane: Lane | undefined } | { refused: { request: AnswerableRequest; answer: Answer } };

/**
 * A new request that would wait for too long is refused at once, so that those let in are made in time. The clipId stays
 * free: the same request, sent later, is a new one. A message that comes again gets the answer that it had.
 */
export async function admit(
  request: ClipRequest,
  { messageId, receiveCount }: Pick<StageMessage, "messageId" | "receiveCount">,
  { records, backlog, settings, log }: Needs,
  signal: AbortSignal,
): Promise<Admission> {
  const { clipId, priority = "normal" } = request;
  const lane = priority === "normal" ? undefined : priority;
  if (request.retryTimestamps.length > 0) return { lane };
  const id = derivedId("OVERLOADED", requestKey(request), messageId);
  const entry = failureEntry(clipId, "accept-request", id);
  const before = receiveCount > 1 ? await getEntry(records, entry, refusal, signal) : undefined;
  const turn = before ? { lane, seconds: 0 } : await soonest(lane, { backlog, log }, signal);
  const share = Number.parseInt(id.slice(0, 8), 16) / 2 ** 32;
  const refused = before?.retryAfterSeconds ?? retryAfterSeconds(turn.seconds, share, settings, priority);
  if (refused === undefined || (!before && (await records.get(claimEntry(clipId), signal)))) return { lane: turn.lane };
  const { stored } = await putEntryOnce(records, entry, refusal, { retryAfterSeconds: refused }, { signal });
  const message = `too many clips are being made: ask again in ${stored.retryAfterSeconds} s`;
  return { refused: { request: { ...request, refused: id }, answer: { reason: "OVERLOADED", message, ...stored } } };
}

/** Where everybody is in a hurry, the lane for that may be the longest: then the usual one is taken. */
async function soonest(
  lane: Lane | undefined,
  { backlog, log }: Pick<Needs, "backlog" | "log">,
  signal: AbortSignal,
): Promise<{ lane: Lane | undefined; seconds: number }> {
  const seconds = (of: Lane | undefined) =>
    backlog.waitSeconds(of, signal).catch((error: unknown) => unknown(error, log));
  const own = { lane, seconds: await seconds(lane) };
  if (lane !== "high" || own.seconds === 0) return own;
  const usual = { lane: undefined, seconds: await seconds(undefined) };
  return usual.seconds < own.seconds ? usual : own;
}

/** Nobody is refused because the queues cannot be looked at. */
function unknown(error: unknown, log: Needs["log"]): number {
  log.warn("the queues could not be counted", { error });
  return 0;
}

import { claimEntry, failureEntry, requestKey } from "@camclips/core";
import { retryAfterSeconds } from "@camclips/core/admission";
import { type AnswerableRequest, type ClipRequest, derivedId, type Reason } from "@camclips/events";
import * as z from "zod";
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

const refusal = z.object({ retryAfterSeconds: z.int().positive() });

/**
 * A new request that would wait for too long is refused at once, so that those let in are made in time. The clipId stays
 * free: the same request, sent later, is a new one. A message that comes again gets the answer that it had.
 */
export async function overloadFor(
  request: ClipRequest,
  { messageId, receiveCount }: StageMessage,
  { records, backlog, settings, log }: Needs,
  signal: AbortSignal,
): Promise<{ request: AnswerableRequest; answer: Answer } | undefined> {
  if (request.retryTimestamps.length > 0) return undefined;
  const { clipId } = request;
  const id = derivedId("OVERLOADED", requestKey(request), messageId);
  const entry = failureEntry(clipId, "accept-request", id);
  const before = receiveCount > 1 ? await getEntry(records, entry, refusal, signal) : undefined;
  const waitSeconds = before ? 0 : await backlog.waitSeconds(signal).catch((error: unknown) => unknown(error, log));
  const share = Number.parseInt(id.slice(0, 8), 16) / 2 ** 32;
  const refused = before?.retryAfterSeconds ?? retryAfterSeconds(waitSeconds, share, settings);
  if (refused === undefined || (!before && (await records.get(claimEntry(clipId), signal)))) return undefined;
  const { stored } = await putEntryOnce(records, entry, refusal, { retryAfterSeconds: refused }, { signal });
  const message = `too many clips are being made: ask again in ${stored.retryAfterSeconds} s`;
  return { request: { ...request, refused: id }, answer: { reason: "OVERLOADED", message, ...stored } };
}

/** Nobody is refused because the queues cannot be looked at. */
function unknown(error: unknown, log: Needs["log"]): number {
  log.warn("the queues could not be counted", { error });
  return 0;
}

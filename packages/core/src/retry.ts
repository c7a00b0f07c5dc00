import type { ClipRequest, Reason } from "@camclips/events";
import { attemptKey } from "./request.ts";

/** "Again later": a dependency is down, and the clip is not to blame. Everything else that is thrown is a bug or bad input. */
export class RetryLater extends Error {
  override name = "RetryLater";
  readonly reason: Reason;
  /** Delay before the second attempt; it doubles with every further one. */
  readonly seconds: number;
  constructor(reason: Reason, seconds: number, options?: ErrorOptions) {
    super(`${reason}: again in about ${seconds} s`, options);
    this.reason = reason;
    this.seconds = seconds;
  }
}

/** "Look again soon": nothing failed, and the queue itself brings the message back. */
export class ComeBack extends Error {
  override name = "ComeBack";
  readonly seconds: number;
  constructor(seconds: number) {
    super(`again in ${seconds} s`);
    this.seconds = seconds;
  }
}

/** Nothing follows from an event now: somebody else has it sent again. Nothing is stored of it, and it is not retried. */
export class LeftToOther extends Error {
  override name = "LeftToOther";
}

const LONGEST_SECONDS = 900;

/** For what is still to be told days later. */
export const PATIENT_SECONDS = 7200;

/**
 * Exponential backoff with jitter between half and all of it. The jitter comes out of the event's id, so that a
 * redelivery computes the same instant.
 * @param attempt the one that failed, from 1.
 * @param longest seconds.
 * @returns seconds.
 */
export function backoffSeconds(
  baseSeconds: number,
  attempt: number,
  eventId: string,
  longest = LONGEST_SECONDS,
): number {
  const full = Math.min(longest, baseSeconds * 2 ** (attempt - 1));
  const share = Number.parseInt(eventId.slice(0, 8), 16) / 0xffffffff;
  return full * (0.5 + share / 2);
}

/** A request as it is sent again, and the name of the schedule that sends it. */
export function nextAttempt(request: ClipRequest): { request: ClipRequest; schedule: string } {
  const next = { ...request, retryTimestamps: [...request.retryTimestamps, request.sentMs] };
  return { request: next, schedule: `retry-${attemptKey(next)}` };
}

import { setTimeout } from "node:timers/promises";
import { type DeadLetter, readRequest } from "@camclips/core";
import type { AnswerableRequest } from "@camclips/events";
import type { LocalRuntime } from "@camclips/local";
import type { Message } from "../input/messages.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import type { Setup } from "./setup.ts";

/** What became of one message: a status, or why there is none (yet). */
export interface MessageResult {
  message: Message;
  /** Undefined when the message names no clip. */
  request?: AnswerableRequest;
  outcome?: Outcome;
  /** The message rests in a dead-letter queue. */
  dead?: DeadLetter;
  /** A stage could not do its work, and tries again by itself. */
  retry?: { stage: string; atMs: number };
}

const POLL_MS = 250;

/** Sends messages through the pipeline. @param wait until every one has a terminal status. */
export async function runMessages(
  runtime: LocalRuntime,
  messages: readonly Message[],
  setup: Setup,
  wait: boolean,
): Promise<MessageResult[]> {
  const before = countLetters(runtime.deadLetters());
  for (const { body, sentMs } of messages) await runtime.request(body, sentMs);
  for (;;) {
    await runtime.idle({ ignore: ({ atMs }) => atMs > Date.now() });
    const letters = newLetters(runtime.deadLetters(), before);
    const results = await Promise.all(messages.map((message) => resultOf(runtime, message, letters, setup)));
    if (!wait || results.every(isFinal)) return results;
    await setTimeout(POLL_MS);
  }
}

const isFinal = ({ outcome, dead }: MessageResult): boolean => dead !== undefined || isTerminal(outcome);

const isTerminal = (outcome: Outcome | undefined): boolean =>
  outcome !== undefined && outcome.status !== "CLIP_PENDING";

async function resultOf(
  runtime: LocalRuntime,
  message: Message,
  letters: readonly DeadLetter[],
  { destinationBucket, settings }: Setup,
): Promise<MessageResult> {
  const request = requestOf(message);
  const dead = letters.find(({ body }) => body === message.body);
  if (!request) return { message, ...(dead && { dead }) };
  const outcome = outcomeOf(await runtime.history(request.clipId), request, destinationBucket, settings);
  const stuck = letters.find(({ body }) => clipIdIn(body) === request.clipId);
  const schedule = runtime.schedules.find(
    ({ queue, body }) => queue !== "requests" && queue !== "check-deadline" && clipIdIn(body) === request.clipId,
  );
  return {
    message,
    request,
    ...(outcome && { outcome }),
    ...(!outcome && stuck && { dead: stuck }),
    // A clip that has its status may have a schedule left from before; it will find nothing to do.
    ...(schedule && !isTerminal(outcome) && { retry: { stage: schedule.queue, atMs: schedule.atMs } }),
  };
}

/** @returns undefined for a message that nobody can be told about. */
export function requestOf({ body, sentMs }: Message): AnswerableRequest | undefined {
  try {
    return readRequest(body, sentMs).request;
  } catch {
    return undefined;
  }
}

/** Of an event's envelope, as it lies in a stage's queue. */
function clipIdIn(body: string): string | undefined {
  try {
    return JSON.parse(body).detail?.metadata?.clipId;
  } catch {
    return undefined;
  }
}

const letterName = ({ queue, body }: DeadLetter): string => JSON.stringify([queue, body]);

function countLetters(letters: readonly DeadLetter[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const letter of letters) counts.set(letterName(letter), (counts.get(letterName(letter)) ?? 0) + 1);
  return counts;
}

function newLetters(letters: readonly DeadLetter[], before: ReadonlyMap<string, number>): DeadLetter[] {
  const left = new Map(before);
  return letters.filter((letter) => {
    const old = left.get(letterName(letter)) ?? 0;
    left.set(letterName(letter), old - 1);
    return old <= 0;
  });
}

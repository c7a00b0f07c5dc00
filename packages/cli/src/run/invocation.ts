import { setTimeout } from "node:timers/promises";
import type { DeadLetter } from "@camclips/core";
import { readRequests, refusedIn } from "@camclips/core/group";
import type { AnswerableRequest } from "@camclips/events";
import type { LocalRuntime } from "@camclips/local";
import type { Message } from "../input/messages.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import type { Setup } from "./setup.ts";

/** What became of one request of a message: a status, or why there is none (yet). */
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
    const asked = messages.flatMap((message) => {
      const requests: (AnswerableRequest | undefined)[] = requestsOf(message);
      return (requests.length > 0 ? requests : [undefined]).map((request) => ({ message, request }));
    });
    const results = await Promise.all(asked.map((each) => resultOf(runtime, each, letters, setup)));
    if (!wait || results.every(isFinal)) return results;
    await setTimeout(POLL_MS);
  }
}

const isFinal = ({ outcome, dead }: MessageResult): boolean => dead !== undefined || isTerminal(outcome);

const isTerminal = (outcome: Outcome | undefined): boolean =>
  outcome !== undefined && outcome.status !== "CLIP_PENDING";

async function resultOf(
  runtime: LocalRuntime,
  { message, request }: { message: Message; request: AnswerableRequest | undefined },
  letters: readonly DeadLetter[],
  { destinationBucket, settings }: Setup,
): Promise<MessageResult> {
  const dead = letters.find(({ body }) => body === message.body);
  if (!request) return { message, ...(dead && { dead }) };
  const history = await runtime.history(request.clipId);
  const refused = request.groupId === undefined ? [] : [refusedIn(request.groupId, request)];
  const outcome = [request, ...refused]
    .map((each) => outcomeOf(history, each, destinationBucket, settings))
    .find((each) => each !== undefined);
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

/** @returns none for a message that nobody can be told about, several for a group. */
export function requestsOf({ body, sentMs }: Message): AnswerableRequest[] {
  try {
    return readRequests(body, sentMs).map(({ request }) => request);
  } catch {
    return [];
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

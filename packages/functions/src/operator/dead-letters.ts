import { type ClipRecords, type Clock, type DeadLetter, type DeadLetters, readRequest } from "@camclips/core";
import { type AnyEvent, ClipFailed, parseEnvelope, pipeline, type Reason } from "@camclips/events";

/** Where dead letters rest: beside each stage's queue, and beside the schedules. */
export const DEAD_LETTER_QUEUES: readonly string[] = [...pipeline.map(({ stage }) => stage), "schedules"];

/** A dead letter as people look at it. */
export interface DeadWork {
  /** The stage that gave up; `schedules` where a schedule could not deliver. */
  function: string;
  /** Null where the message names none. */
  clipId: string | null;
  /** What the stage was to work on: an event, a caller's `request`, or something that nobody can read. */
  message: AnyEvent["type"] | "request" | "unreadable";
  /** What its clip was told because of it. */
  reason: Reason | null;
  error: string | null;
  sentAt: string;
  ageMs: number;
  messageId: string;
}

interface Ports {
  records: Pick<ClipRecords, "history">;
  deadLetters: DeadLetters;
  clock: Clock;
}

/** Looks into dead letters, queue by queue. @param limit of each queue. */
export async function lookIntoDeadLetters(
  queues: readonly string[],
  { deadLetters, records, clock }: Ports,
  limit: number,
  signal?: AbortSignal,
): Promise<DeadWork[]> {
  const letters = await Promise.all(queues.map((queue) => deadLetters.look(queue, limit, signal)));
  const histories = new Map<string, Promise<AnyEvent[]>>();
  const historyOf = (clipId: string) => {
    const known = histories.get(clipId) ?? records.history(clipId, signal);
    histories.set(clipId, known);
    return known;
  };
  return Promise.all(letters.flat().map((letter) => described(letter, historyOf, clock)));
}

async function described(
  letter: DeadLetter,
  historyOf: (clipId: string) => Promise<AnyEvent[]>,
  { now }: Clock,
): Promise<DeadWork> {
  const { queue, messageId, sentMs } = letter;
  const { event, clipId = event?.metadata.clipId, ...content } = contentOf(letter);
  const failed = event && (await historyOf(event.metadata.clipId)).find((each) => isFailureOf(each, event, queue));
  return {
    function: queue,
    clipId: clipId ?? null,
    message: content.message,
    reason: failed?.data.reason ?? null,
    error: letter.error ?? failed?.data.message ?? null,
    sentAt: new Date(sentMs).toISOString(),
    ageMs: Math.max(0, now() - sentMs),
    messageId,
  };
}

function contentOf({ body }: DeadLetter): { message: DeadWork["message"]; event?: AnyEvent; clipId?: string } {
  try {
    const event = parseEnvelope(JSON.parse(body));
    return { message: event.type, event };
  } catch {
    try {
      return { message: "request", clipId: readRequest(body, 0).request.clipId };
    } catch {
      return { message: "unreadable" };
    }
  }
}

function isFailureOf(
  each: AnyEvent,
  { metadata: { id } }: AnyEvent,
  queue: string,
): each is Extract<AnyEvent, { type: typeof ClipFailed.type }> {
  return each.type === ClipFailed.type && each.data.stage === queue && each.metadata.cause === id;
}

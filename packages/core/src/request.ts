import {
  type AnswerableRequest,
  answerableBody,
  type ClipRequest,
  clipChoiceNames,
  derivedId,
  requestBody,
} from "@camclips/events";
import { encode } from "zod/mini";
import { parsePythonLiteral } from "./python-literal.ts";

/** The body is no request, or lacks the ids under which an answer could be given. The message rests in the dead-letter queue. */
export class UnreadableRequestError extends Error {
  override name = "UnreadableRequestError";
}

export type ReadRequest =
  | { readable: true; request: ClipRequest }
  /** Somebody can be told: there is a clipId. */
  | { readable: false; request: AnswerableRequest; message: string };

/** Problems that are named; an event has no room for a thousand. */
const MAX_PROBLEMS = 8;

/**
 * Reads the body of one SQS message (contract, section 1): JSON or a Python literal.
 * @param sentMs the record's SentTimestamp.
 * @throws UnreadableRequestError when nobody could be answered.
 */
export function readRequest(body: unknown, sentMs: number): ReadRequest {
  const raw = opened(body);
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) {
    throw new UnreadableRequestError(
      "the message is no clip request: expected an object with clipId, cameraId, startTimestampInMs, endTimestampInMs",
    );
  }
  const result = requestBody.safeParse(raw);
  if (result.success) return { readable: true, request: { ...result.data, sentMs } };
  const { issues } = result.error;
  const message = issues
    .slice(0, MAX_PROBLEMS)
    .map((issue) => `${issue.path.join(".") || "request"} ${issue.message}`)
    .join("; ");
  return { readable: false, request: answerable(raw, sentMs, message), message };
}

/** The body that sends a request again (for retries, samples and the CLI). @throws $ZodError for what `readRequest` would refuse. */
export function writeRequest({ sentMs: _, ...request }: ClipRequest): string {
  return JSON.stringify(encode(requestBody, request));
}

/** Names what is asked for: two requests with the same key are the same clip, whatever attempt they are. */
export function requestKey(request: AnswerableRequest): string {
  const { clipId, cameraId, startMs, endMs, refused } = request;
  const chosen = clipChoiceNames.flatMap((name) => (request[name] === undefined ? [] : [`${name}=${request[name]}`]));
  const asked = [clipId, cameraId, String(startMs), String(endMs), ...chosen];
  return derivedId(...asked, ...(refused === undefined ? [] : [refused]));
}

/** Names one attempt of a request: the same message sent twice has the same key. */
export function attemptKey(request: AnswerableRequest): string {
  return derivedId(requestKey(request), request.retryTimestamps.join(","));
}

/** A request in a JSON string in a notification in an event: no producer wraps it deeper. */
const MAX_WRAPPERS = 6;

/** What is in a body: JSON or a Python literal, maybe encoded twice, or wrapped by SNS (without raw delivery) or EventBridge. */
export function opened(body: unknown): unknown {
  let inner = body;
  for (let i = 0; i < MAX_WRAPPERS; i++) {
    if (typeof inner === "string") inner = parseBody(inner);
    const next = wrapped(inner);
    if (next === undefined && typeof inner !== "string") return inner;
    inner = next ?? inner;
  }
  return inner;
}

/** The content of another service's envelope. */
function wrapped(envelope: unknown): unknown {
  if (typeof envelope !== "object" || envelope === null || "clipId" in envelope) return undefined;
  if ("Type" in envelope && "Message" in envelope) return envelope.Message;
  return "detail-type" in envelope && "detail" in envelope ? envelope.detail : undefined;
}

function parseBody(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    try {
      return parsePythonLiteral(body);
    } catch (error) {
      throw new UnreadableRequestError(
        `the message is neither JSON nor a Python literal: ${(error as Error).message}`,
        { cause: error },
      );
    }
  }
}

export function answerable(raw: object, sentMs: number, problem: string): AnswerableRequest {
  const read = answerableBody.safeParse(raw);
  if (!read.success) throw new UnreadableRequestError(`nobody can be answered: ${problem}`);
  return { ...read.data, refused: derivedId(JSON.stringify(raw)), sentMs };
}

import { type AnswerableRequest, type ClipRequest, derivedId, gapPolicy, id, precision } from "@camclips/events";
import * as z from "zod";
import { parsePythonLiteral } from "./python-literal.ts";

/** The body is no request, or lacks the ids under which an answer could be given. The message rests in the dead-letter queue. */
export class UnreadableRequestError extends Error {
  override name = "UnreadableRequestError";
}

export type ReadRequest =
  | { readable: true; request: ClipRequest }
  /** Somebody can be told: there is a clipId. */
  | { readable: false; request: AnswerableRequest; message: string };

/** A time below this (1973) is meant in seconds, one above (5138) in micro- or nanoseconds. */
const EARLIEST_MS = 1e11;
const LATEST_MS = 1e14;

const instantMs = z
  .union(
    [
      z.number(),
      z
        .string()
        .regex(/^\s*-?\d+(?:\.\d*)?\s*$/, "is no number")
        .transform(Number),
    ],
    {
      error: "must be a number of milliseconds since 1970, or that number as a string",
    },
  )
  .refine(Number.isInteger, "must be whole milliseconds")
  .refine((value) => value >= EARLIEST_MS, "is too small for milliseconds since 1970 (are these seconds?)")
  .refine((value) => value < LATEST_MS, "is too large for milliseconds since 1970 (are these microseconds?)");

/** Problems that are named; an event has no room for a thousand. */
const MAX_PROBLEMS = 8;

const fields = z
  .object({
    clipId: id,
    cameraId: id,
    startTimestampInMs: instantMs,
    endTimestampInMs: instantMs,
    retryTimestamps: z
      .array(instantMs)
      .max(1000)
      .nullish()
      .transform((value) => value ?? []),
    gapPolicy: gapPolicy.nullish().transform((value) => value ?? "SKIP_GAPS"),
    precision: precision.nullish().transform((value) => value ?? undefined),
  })
  .refine((request) => request.endTimestampInMs > request.startTimestampInMs, {
    path: ["endTimestampInMs"],
    message: "must be after startTimestampInMs",
  });

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
  const result = fields.safeParse(raw);
  if (result.success) {
    const { startTimestampInMs: startMs, endTimestampInMs: endMs, ...rest } = result.data;
    return { readable: true, request: { ...rest, startMs, endMs, sentMs } };
  }
  const { issues } = result.error;
  const message = issues
    .slice(0, MAX_PROBLEMS)
    .map((issue) => `${issue.path.join(".") || "request"} ${issue.message}`)
    .join("; ");
  return { readable: false, request: answerable(raw as Record<string, unknown>, sentMs, message), message };
}

/** The body that sends a request again (for retries, samples and the CLI). */
export function writeRequest(request: ClipRequest): string {
  const { startMs, endMs, sentMs: _, ...rest } = request;
  return JSON.stringify({ ...rest, startTimestampInMs: startMs, endTimestampInMs: endMs });
}

/** Names what is asked for: two requests with the same key are the same clip, whatever attempt they are. */
export function requestKey(request: AnswerableRequest): string {
  const { clipId, cameraId, startMs, endMs, gapPolicy, precision, refused } = request;
  const asked = [clipId, cameraId, String(startMs), String(endMs), gapPolicy, precision ?? ""];
  return derivedId(...asked, ...(refused === undefined ? [] : [refused]));
}

/** Names one attempt of a request: the same message sent twice has the same key. */
export function attemptKey(request: AnswerableRequest): string {
  return derivedId(requestKey(request), request.retryTimestamps.join(","));
}

/** A request in a JSON string in a notification in an event: no producer wraps it deeper. */
const MAX_WRAPPERS = 6;

/** What is in a body: JSON or a Python literal, maybe encoded twice, or wrapped by SNS (without raw delivery) or EventBridge. */
function opened(body: unknown): unknown {
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

function answerable(raw: Record<string, unknown>, sentMs: number, problem: string): AnswerableRequest {
  const clipId = id.safeParse(raw.clipId);
  if (!clipId.success) throw new UnreadableRequestError(`nobody can be answered: ${problem}`);
  const retries = z.array(instantMs).max(1000).safeParse(raw.retryTimestamps);
  return {
    clipId: clipId.data,
    cameraId: typeof raw.cameraId === "string" ? raw.cameraId.slice(0, 128) : "",
    startMs: numberOrNull(raw.startTimestampInMs),
    endMs: numberOrNull(raw.endTimestampInMs),
    retryTimestamps: retries.success ? retries.data : [],
    gapPolicy: gapPolicy.catch("SKIP_GAPS").parse(raw.gapPolicy),
    precision: precision.optional().catch(undefined).parse(raw.precision),
    refused: derivedId(JSON.stringify(raw)),
    sentMs,
  };
}

function numberOrNull(value: unknown): number | null {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : null;
}

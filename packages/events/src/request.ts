import * as z from "zod";
import { clock, codec, gapPolicy, groupId, id, link, precision, preview, priority, quality } from "./schemas.ts";

/**
 * A clip request: as callers send it (contract, section 1), as events carry it, and how one becomes the other. A choice
 * that is added here is read, sent, kept of a faulty request, part of the request's key and an option of the command line.
 */

/** What a caller may choose. Optional: the environment decides; the description is the command line's help. */
export const choices = {
  gapPolicy: gapPolicy.default("SKIP_GAPS").describe("what to do about missing footage"),
  precision: precision.optional().describe("how to cut: smart re-encodes only around cuts, exact all, fast none"),
  quality: quality.optional().describe("how frames are encoded: draft is quicker, and larger"),
  priority: priority.optional().describe("how soon it is wanted: high passes others, low lets them pass"),
  preview: preview.optional().describe("small pictures of the whole clip, beside its thumbnails"),
  link: link.optional().describe("whether a link comes with the clip that needs no other right, and expires"),
  clock: clock.optional().describe("the wall clock: track adds subtitles, burned draws it into the pictures"),
  codec: codec.optional().describe("what the clip is: h264 always, source keeps H.265 where it is copied"),
};
export type ChoiceName = keyof typeof choices;
export const choiceNames = Object.keys(choices) as ChoiceName[];

/** Choices that say what the clip is: another one is another clip, and is not made under the same clipId. */
export const clipChoiceNames = choiceNames.filter((name) => name !== "priority" && name !== "link");

/** A request after reading: numbers are numbers, defaults are in place. */
export const clipRequest = z.object({
  clipId: id,
  cameraId: id,
  startMs: z.int(),
  endMs: z.int(),
  /** When each earlier attempt was sent. */
  retryTimestamps: z.array(z.int()),
  ...choices,
  /** Of a clip that belongs to a group. No part of what the clip is. */
  groupId: groupId.optional(),
  /** When this attempt was sent (SQS SentTimestamp): the base of the age rules. */
  sentMs: z.int(),
});
export type ClipRequest = z.infer<typeof clipRequest>;

/** A request as far as it could be read: enough to answer it, never used in a key. */
export const answerableRequest = clipRequest.extend({
  cameraId: z.string().max(128),
  startMs: z.number().nullable(),
  endMs: z.number().nullable(),
  /**
   * Names a message that was refused. What stands above for its faulty fields is a default, and must not make it the same
   * request as a valid one.
   */
  refused: z.uuid().optional(),
});
export type AnswerableRequest = z.infer<typeof answerableRequest>;

/** A time below this (1973) is meant in seconds, one above (5138) in micro- or nanoseconds. */
const EARLIEST_MS = 1e11;
const LATEST_MS = 1e14;
const MAX_RETRIES = 1000;

const NUMERIC = /^\s*-?\d+(?:\.\d*)?\s*$/;
const sentInstant = z
  .union([z.number(), z.string().regex(NUMERIC, { abort: true })], {
    error: "must be a number of milliseconds since 1970, or that number as a string",
  })
  .refine((value) => Number.isInteger(Number(value)), "must be whole milliseconds")
  .refine((value) => Number(value) >= EARLIEST_MS, "is too small for milliseconds since 1970 (are these seconds?)")
  .refine((value) => Number(value) < LATEST_MS, "is too large for milliseconds since 1970 (are these microseconds?)");
const sentRetries = z.array(sentInstant).max(MAX_RETRIES).nullish();

type Nullish<Fields extends Record<string, z.ZodType>> = {
  [Name in keyof Fields]: z.ZodOptional<z.ZodNullable<Fields[Name]>>;
};
const sentChoices = eachChoice((choice) => choice.nullish()) as Nullish<typeof choices>;

const sentBody = z
  .object({
    clipId: id,
    cameraId: id,
    startTimestampInMs: sentInstant,
    endTimestampInMs: sentInstant,
    retryTimestamps: sentRetries,
    ...sentChoices,
    groupId: groupId.nullish(),
  })
  .refine((body) => Number(body.endTimestampInMs) > Number(body.startTimestampInMs), {
    path: ["endTimestampInMs"],
    message: "must be after startTimestampInMs",
  });

/** The body of a message and the request in it. Problems carry the names of the body's fields. */
export const requestBody = z.codec(sentBody, clipRequest.omit({ sentMs: true }), {
  decode: ({ startTimestampInMs, endTimestampInMs, retryTimestamps, ...rest }) => ({
    ...withoutNulls(rest),
    startMs: Number(startTimestampInMs),
    endMs: Number(endTimestampInMs),
    retryTimestamps: (retryTimestamps ?? []).map(Number),
  }),
  encode: ({ startMs, endMs, ...rest }) => ({ ...rest, startTimestampInMs: startMs, endTimestampInMs: endMs }),
});

const nearlyNumber = z.preprocess(
  (value) => (typeof value === "string" && value.trim() !== "" ? Number(value) : value),
  z.number().nullable().catch(null),
);

/** What a faulty body says: every field that is none becomes its default. Fails where nobody could be answered. */
export const answerableBody = z
  .object({
    clipId: id,
    cameraId: z
      .string()
      .transform((text) => text.slice(0, 128))
      .catch(""),
    startTimestampInMs: nearlyNumber,
    endTimestampInMs: nearlyNumber,
    retryTimestamps: sentRetries.catch([]),
    ...eachChoice((choice) => choice.nullish().catch(undefined)),
    groupId: groupId.nullish().catch(undefined),
  })
  .transform(({ startTimestampInMs, endTimestampInMs, retryTimestamps, ...rest }) => ({
    ...withoutNulls(rest),
    startMs: startTimestampInMs,
    endMs: endTimestampInMs,
    retryTimestamps: (retryTimestamps ?? []).map(Number),
  }))
  .pipe(answerableRequest.omit({ sentMs: true, refused: true }));

function eachChoice<Schema>(schemaOf: (choice: z.ZodType) => Schema) {
  return Object.fromEntries(choiceNames.map((name) => [name, schemaOf(choices[name])])) as Record<ChoiceName, Schema>;
}

type WithoutNulls<Fields> = { [Name in keyof Fields]: Exclude<Fields[Name], null> };

function withoutNulls<Fields extends object>(fields: Fields): WithoutNulls<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)) as WithoutNulls<Fields>;
}

import * as z from "zod/mini";
import { clock, codec, gapPolicy, groupId, id, link, precision, preview, priority, quality } from "./schemas.ts";

/**
 * A clip request: as callers send it (contract, section 1), as events carry it, and how one becomes the other. A choice
 * that is added here is read, sent, kept of a faulty request, part of the request's key and an option of the command line.
 */

/** What a caller may choose. Optional: the environment decides; the description is the command line's help. */
export const choices = {
  gapPolicy: z._default(gapPolicy, "SKIP_GAPS").check(z.describe("what to do about missing footage")),
  precision: z
    .optional(precision)
    .check(z.describe("how to cut: smart re-encodes only around cuts, exact all, fast none")),
  quality: z.optional(quality).check(z.describe("how frames are encoded: draft is quicker, and larger")),
  priority: z.optional(priority).check(z.describe("how soon it is wanted: high passes others, low lets them pass")),
  preview: z.optional(preview).check(z.describe("small pictures of the whole clip, beside its thumbnails")),
  link: z.optional(link).check(z.describe("whether a link comes with the clip that needs no other right, and expires")),
  clock: z.optional(clock).check(z.describe("the wall clock: track adds subtitles, burned draws it into the pictures")),
  codec: z.optional(codec).check(z.describe("what the clip is: h264 always, source keeps H.265 where it is copied")),
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
  groupId: z.optional(groupId),
  /** When this attempt was sent (SQS SentTimestamp): the base of the age rules. */
  sentMs: z.int(),
});
export type ClipRequest = z.infer<typeof clipRequest>;

/** A request as far as it could be read: enough to answer it, never used in a key. */
export const answerableRequest = z.extend(clipRequest, {
  cameraId: z.string().check(z.maxLength(128)),
  startMs: z.nullable(z.number()),
  endMs: z.nullable(z.number()),
  /**
   * Names a message that was refused. What stands above for its faulty fields is a default, and must not make it the same
   * request as a valid one.
   */
  refused: z.optional(z.uuid()),
});
export type AnswerableRequest = z.infer<typeof answerableRequest>;

/** A time below this (1973) is meant in seconds, one above (5138) in micro- or nanoseconds. */
const EARLIEST_MS = 1e11;
const LATEST_MS = 1e14;
const MAX_RETRIES = 1000;

const NUMERIC = /^\s*-?\d+(?:\.\d*)?\s*$/;
const sentInstant = z
  .union([z.number(), z.string().check(z.regex(NUMERIC, { abort: true }))], {
    error: "must be a number of milliseconds since 1970, or that number as a string",
  })
  .check(
    z.refine((value) => Number.isInteger(Number(value)), "must be whole milliseconds"),
    z.refine((value) => Number(value) >= EARLIEST_MS, "is too small for milliseconds since 1970 (are these seconds?)"),
    z.refine(
      (value) => Number(value) < LATEST_MS,
      "is too large for milliseconds since 1970 (are these microseconds?)",
    ),
  );
const sentRetries = z.nullish(z.array(sentInstant).check(z.maxLength(MAX_RETRIES)));

type Nullish<Fields extends Record<string, z.ZodMiniType>> = {
  [Name in keyof Fields]: z.ZodMiniOptional<z.ZodMiniNullable<Fields[Name]>>;
};
const sentChoices = eachChoice((choice) => z.nullish(choice)) as Nullish<typeof choices>;

const sentBody = z
  .object({
    clipId: id,
    cameraId: id,
    startTimestampInMs: sentInstant,
    endTimestampInMs: sentInstant,
    retryTimestamps: sentRetries,
    ...sentChoices,
    groupId: z.nullish(groupId),
  })
  .check(
    z.refine((body) => Number(body.endTimestampInMs) > Number(body.startTimestampInMs), {
      path: ["endTimestampInMs"],
      message: "must be after startTimestampInMs",
    }),
  );

/** The body of a message and the request in it. Problems carry the names of the body's fields. */
export const requestBody = z.codec(sentBody, z.omit(clipRequest, { sentMs: true }), {
  decode: ({ startTimestampInMs, endTimestampInMs, retryTimestamps, ...rest }) => ({
    ...withoutNulls(rest),
    startMs: Number(startTimestampInMs),
    endMs: Number(endTimestampInMs),
    retryTimestamps: (retryTimestamps ?? []).map(Number),
  }),
  encode: ({ startMs, endMs, ...rest }) => ({ ...rest, startTimestampInMs: startMs, endTimestampInMs: endMs }),
});

const nearlyNumber = z.catch(
  z.nullable(
    z.pipe(
      z.transform((value) => (typeof value === "string" && value.trim() !== "" ? Number(value) : value)),
      z.number(),
    ),
  ),
  null,
);

/** What a faulty body says: every field that is none becomes its default. Fails where nobody could be answered. */
export const answerableBody = z.pipe(
  z.pipe(
    z.object({
      clipId: id,
      cameraId: z.catch(
        z.pipe(
          z.string(),
          z.transform((text) => text.slice(0, 128)),
        ),
        "",
      ),
      startTimestampInMs: nearlyNumber,
      endTimestampInMs: nearlyNumber,
      retryTimestamps: z.catch(sentRetries, []),
      ...eachChoice((choice) => z.catch(z.nullish(choice), undefined)),
      groupId: z.catch(z.nullish(groupId), undefined),
    }),
    z.transform(({ startTimestampInMs, endTimestampInMs, retryTimestamps, ...rest }) => ({
      ...withoutNulls(rest),
      startMs: startTimestampInMs,
      endMs: endTimestampInMs,
      retryTimestamps: (retryTimestamps ?? []).map(Number),
    })),
  ),
  z.omit(answerableRequest, { sentMs: true, refused: true }),
);

function eachChoice<Schema>(schemaOf: (choice: z.ZodMiniType) => Schema) {
  return Object.fromEntries(choiceNames.map((name) => [name, schemaOf(choices[name])])) as Record<ChoiceName, Schema>;
}

type WithoutNulls<Fields> = { [Name in keyof Fields]: Exclude<Fields[Name], null> };

function withoutNulls<Fields extends object>(fields: Fields): WithoutNulls<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)) as WithoutNulls<Fields>;
}

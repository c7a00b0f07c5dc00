import { clipState } from "@camclips/core";
import { gapCause, groupStatus, MOST_ITEMS } from "@camclips/events";
import { z } from "@hono/zod-openapi";
import { groupId, id, requestChoices } from "./of-events.ts";

/** What the API takes and answers. Instants in answers are epoch milliseconds; requests may also say ISO 8601. */

const WHEN = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})$/i;

/** Epoch milliseconds, or ISO 8601 with a zone. */
export const instant = z
  .union([
    z.int().min(1e11, "is too small for milliseconds since 1970").max(1e14),
    z
      .string()
      .regex(/^\d{12,14}$/)
      .transform(Number),
    z
      .string()
      .regex(WHEN, "must be ISO 8601 with a zone, or milliseconds since 1970")
      .transform((text) => Date.parse(text.replace(" ", "T")))
      .refine((ms) => !Number.isNaN(ms), "there is no such time"),
  ])
  .openapi({ type: "string", example: "2026-01-01T13:05:10Z" });

export const clipRequest = z
  .strictObject({
    camera: id,
    start: instant,
    end: instant.openapi({ description: "The first instant that is not in the clip" }),
    clipId: id.optional().openapi({ description: "Default: made of camera and start" }),
    title: z.string().trim().min(1).max(200).optional(),
    ...requestChoices,
  })
  .refine(({ start, end }) => end > start, { path: ["end"], message: "must be after start" })
  .openapi("ClipRequest");

export const groupRequest = z
  .strictObject({
    groupId: groupId.optional().openapi({ description: "Default: a new one" }),
    items: z.array(clipRequest).min(1).max(MOST_ITEMS),
  })
  .openapi("GroupRequest");

export const groupView = z
  .object({
    groupId: z.string(),
    status: z.enum(["GROUP_PENDING", ...groupStatus.options]),
    decided: z.int().openapi({ description: "Items that have their terminal status" }),
    items: z.array(
      z.object({
        clipId: z.string(),
        cameraId: z.string(),
        startTimestampInMs: z.number().nullable(),
        endTimestampInMs: z.number().nullable(),
        status: z.string().openapi({ description: "CLIP_PENDING while it is not decided" }),
        reason: z.string().optional(),
        message: z.string().optional(),
        clip: z.record(z.string(), z.unknown()).optional(),
      }),
    ),
    links: z.record(z.string(), z.string()),
  })
  .openapi("Group");

export const groupPage = z
  .object({
    groups: z.array(
      z.object({
        groupId: z.string(),
        since: z.number().openapi({ description: "When it was taken up" }),
        items: z.int().openapi({ description: "How many there are" }),
        status: groupView.shape.status.openapi({ description: "GROUP_PENDING until all are decided" }),
        links: z.record(z.string(), z.string()),
      }),
    ),
    next: z.string().optional(),
  })
  .openapi("GroupPage");

export const clipView = z
  .object({
    clipId: z.string(),
    title: z.string().optional(),
    camera: z.string().nullable(),
    start: z.number().nullable(),
    end: z.number().nullable(),
    state: z.enum(["queued", ...clipState.options]),
    since: z.number().openapi({ description: "When it came into this state" }),
    asked: z.number().optional().openapi({ description: "When its first message was sent" }),
    attempt: z.int().optional(),
    deadlineAt: z.string().optional(),
    nextAttemptAt: z.string().optional(),
    status: z.string().optional().openapi({ description: "As in docs/contract.md; absent while it is not decided" }),
    reason: z.string().optional(),
    percent: z.number().optional().openapi({ description: "Of the render that is under way" }),
    choices: z
      .record(z.string(), z.string())
      .optional()
      .openapi({ description: "What its request chose, as POST /clips takes it" }),
    metadata: z
      .record(z.string(), z.unknown())
      .optional()
      .openapi({ description: "docs/contract.md, sections 5 and 7" }),
    links: z.record(z.string(), z.string()),
  })
  .openapi("Clip");

export const clipPage = z.object({ clips: z.array(clipView), next: z.string().optional() }).openapi("ClipPage");

export const camera = z
  .object({
    id: z.string(),
    alias: z.string().openapi({ description: "Contract, section 2" }),
    title: z.string().optional(),
    recordings: z.int(),
    bytes: z.number(),
    first: z.number().nullable(),
    last: z.number().nullable(),
    damaged: z.int(),
    growing: z.int(),
  })
  .openapi("Camera");

export const coverage = z
  .object({
    camera: z.string(),
    start: z.number(),
    end: z.number(),
    spans: z.array(
      z.object({
        start: z.number(),
        end: z.number(),
        codec: z.string().optional(),
        width: z.int().optional(),
        height: z.int().optional(),
        fps: z.number().optional(),
        growing: z.literal(true).optional(),
      }),
    ),
    gaps: z.array(
      z.object({ start: z.number(), end: z.number(), cause: z.enum(gapCause.options), message: z.string().optional() }),
    ),
    overlaps: z
      .array(z.object({ start: z.number(), end: z.number(), files: z.array(z.string()) }))
      .optional()
      .openapi({ description: "Where two recordings claim the same time; clips show the one that started later" }),
  })
  .openapi("Coverage");

export const listedRecording = z
  .object({
    startDate: z.string(),
    endDate: z.string(),
    alias: z.string(),
    recordingUrl: z.string(),
    thumbLargeUrl: z.string(),
    thumbSmallUrl: z.string(),
  })
  .openapi("ListedRecording");

import { pipeline, reason, toEnvelope } from "@camclips/events";
import { DEAD_LETTER_QUEUES, type Desk, LEVELS, NOT_REDRIVEN, type Redrive } from "@camclips/functions";
import { createRoute, z } from "@hono/zod-openapi";
import type { Guard } from "../auth/guard.ts";
import { Problem } from "../http/problem.ts";
import { clipParams } from "./clips.ts";
import { type Api, json, problems } from "./route.ts";
import { instant } from "./schemas.ts";

const stages = pipeline.map(({ stage }) => stage);
const MOST_LETTERS = 1000;

const deadWork = z
  .object({
    function: z.string(),
    clipId: z.string().nullable(),
    message: z.string().openapi({ description: "An event of the catalogue, `request`, or `unreadable`" }),
    reason: z.enum(reason.options).nullable(),
    error: z.string().nullable(),
    sentAt: z.string(),
    ageMs: z.number(),
    messageId: z.string(),
  })
  .openapi("DeadWork");

const logLine = z
  .object({
    atMs: z.number(),
    level: z.enum(LEVELS),
    stage: z.string(),
    clipId: z.string().nullable(),
    summary: z.string(),
    text: z.string().openapi({ description: "The line as it was written" }),
  })
  .openapi("LogLine");

const HOUR_MS = 3_600_000;

/** What people on call ask and do, as the command line does with `--server`. */
export function addOperator(api: Api, desk: Desk, guard: Guard): void {
  api.openapi(
    createRoute({
      method: "get",
      path: "/clips/{clipId}/history",
      tags: ["clips"],
      summary: "A clip's events so far, oldest first",
      middleware: guard.needs("view"),
      request: { params: clipParams },
      responses: {
        200: json(z.object({ events: z.array(z.record(z.string(), z.unknown())) }), "Events of the catalogue"),
        ...problems(404),
      },
    }),
    async (context) => {
      const { clipId } = context.req.valid("param");
      const events = await desk.history(clipId);
      if (events.length === 0) throw unknownClip(clipId);
      return context.json({ events: events.map((event) => ({ ...toEnvelope(event) })) }, 200);
    },
  );

  api.openapi(
    createRoute({
      method: "get",
      path: "/logs",
      tags: ["operations"],
      summary: "What was logged lately, the oldest first",
      middleware: guard.needs("administer"),
      request: {
        query: z.object({
          since: instant.optional().openapi({ description: "Default: an hour ago" }),
          clip: z.string().max(200).optional().openapi({ description: "Only lines about this clip" }),
          level: z.enum(LEVELS).default("info").openapi({ description: "And graver ones" }),
          limit: z.coerce.number().int().min(1).max(10_000).default(1000).openapi({ description: "The newest" }),
        }),
      },
      responses: { 200: json(z.object({ lines: z.array(logLine) }), "Lines"), ...problems() },
    }),
    async (context) => {
      const { since: sinceMs = Date.now() - HOUR_MS, clip: clipId, level, limit } = context.req.valid("query");
      const lines = await desk.logs({ sinceMs, clipId, level });
      const newest = lines.slice(-limit).map((line) => ({ ...line, clipId: line.clipId ?? null }));
      return context.json({ lines: newest }, 200);
    },
  );

  api.openapi(
    createRoute({
      method: "post",
      path: "/clips/{clipId}/replay",
      tags: ["operations"],
      summary: "Take a clip up again out of its own history; nobody is told unless asked for",
      middleware: guard.needs("administer"),
      request: {
        params: clipParams,
        body: {
          required: true,
          content: {
            "application/json": {
              schema: z.strictObject({
                from: z.enum(stages).default("locate-sources").openapi({ description: "The stage that takes it up" }),
                notify: z.boolean().default(false),
                start: instant.optional().openapi({ description: "Of its events, those since then" }),
                end: instant.optional().openapi({ description: "Of its events, those before then" }),
              }),
            },
          },
        },
      },
      responses: { 202: json(z.object({}), "Sent"), ...problems(404, 409, 413, 415) },
    }),
    async (context) => {
      const { clipId } = context.req.valid("param");
      const { from, notify, start = 0, end = Number.MAX_SAFE_INTEGER } = context.req.valid("json");
      const result = await desk.replay(clipId, { from, notify, fromMs: start, toMs: end });
      if (result.kind === "unknown") throw unknownClip(clipId);
      if (result.kind === "sent") return context.json({}, 202);
      const taken = result.taken.length > 0 ? result.taken.join(", ") : "none from the bus";
      throw new Problem(409, `the clip has no event that ${from} takes (${taken}) in that time`);
    },
  );

  api.openapi(
    createRoute({
      method: "get",
      path: "/dead-letters",
      tags: ["operations"],
      summary: "Messages that no attempt could cope with: whose they are, and why they rest",
      middleware: guard.needs("view"),
      request: {
        query: z.object({
          function: z
            .string()
            .transform((text) => text.split(","))
            .pipe(z.array(z.enum(DEAD_LETTER_QUEUES)))
            .optional()
            .openapi({ type: "string", example: "render-clip", description: DEAD_LETTER_QUEUES.join(", ") }),
          limit: z.coerce.number().int().min(1).max(1000).default(100).openapi({ description: "Of each" }),
        }),
      },
      responses: { 200: json(z.object({ deadLetters: z.array(deadWork) }), "Dead letters"), ...problems() },
    }),
    async (context) => {
      const { function: functions = DEAD_LETTER_QUEUES, limit } = context.req.valid("query");
      return context.json({ deadLetters: await desk.deadLetters(functions, limit) }, 200);
    },
  );

  const redrive = (stage: string, options: Redrive) => {
    if (stage !== NOT_REDRIVEN) return desk.redrive(stage, options);
    throw new Problem(409, `clips with dead letters of ${stage} were told FATAL_ERROR: replay them, with notify`);
  };

  api.openapi(
    createRoute({
      method: "post",
      path: "/dead-letters/{id}/redrive",
      tags: ["operations"],
      summary: "Send one dead letter back to its queue, once its reason is gone",
      middleware: guard.needs("administer"),
      request: { params: z.object({ id: z.string().openapi({ param: { name: "id", in: "path" } }) }) },
      responses: { 202: json(z.object({}), "Sent"), ...problems(404, 409) },
    }),
    async (context) => {
      const { id } = context.req.valid("param");
      const letters = await desk.deadLetters(stages, MOST_LETTERS);
      const letter = letters.find(({ messageId }) => messageId === id);
      if (!letter) throw new Problem(404, `there is no dead letter ${id.slice(0, 40)}`);
      const { left } = await redrive(letter.function, { limit: 1, dryRun: false, messageId: id });
      if (left.length > 0) throw new Problem(409, "the message is no event: it would fail again");
      return context.json({}, 202);
    },
  );

  api.openapi(
    createRoute({
      method: "post",
      path: "/dead-letters/redrive",
      tags: ["operations"],
      summary: "Send a stage's dead letters back to its queue, once their reason is gone",
      middleware: guard.needs("administer"),
      request: {
        body: {
          required: true,
          content: {
            "application/json": {
              schema: z.strictObject({
                function: z.enum(stages),
                messageId: z.string().max(200).optional().openapi({ description: "This one alone" }),
                limit: z.int().min(1).optional(),
                dryRun: z.boolean().default(false).openapi({ description: "Send nothing; tell whose they are" }),
              }),
            },
          },
        },
      },
      responses: {
        200: json(
          z.object({
            sent: z.array(z.string()).openapi({ description: "Their clips" }),
            left: z.array(z.string()).openapi({ description: "Messages that are no events: they would fail again" }),
          }),
          "What was sent",
        ),
        ...problems(409, 413, 415),
      },
    }),
    async (context) => {
      const { function: stage, limit = Number.POSITIVE_INFINITY, ...options } = context.req.valid("json");
      return context.json(await redrive(stage, { limit, ...options }), 200);
    },
  );
}

const unknownClip = (clipId: string) => new Problem(404, `nobody asked for a clip ${clipId.slice(0, 130)}`);

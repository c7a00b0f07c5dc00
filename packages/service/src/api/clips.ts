import { clipState } from "@camclips/core";
import { cancelClip } from "@camclips/functions";
import { listClips } from "@camclips/local";
import { createRoute, z } from "@hono/zod-openapi";
import type { Guard } from "../auth/guard.ts";
import { Problem } from "../http/problem.ts";
import type { Site } from "../site.ts";
import { type Answer, ask, askAll } from "./ask.ts";
import { clipDetail, clipSummary } from "./clip-view.ts";
import { type Api, json, problems } from "./route.ts";
import { clipPage, clipRequest, clipView, instant } from "./schemas.ts";

/** Clips that one call may ask for. */
const MOST_AT_ONCE = 500;

const states = z
  .string()
  .transform((text) => text.split(","))
  .pipe(z.array(clipState))
  .openapi({ type: "string", example: "working,waiting", description: clipState.options.join(", ") });

export const clipParams = z.object({ clipId: z.string().openapi({ param: { name: "clipId", in: "path" } }) });

export function addClips(api: Api, site: Site, guard: Guard): void {
  const idempotencyKey = z.string().min(1).max(200).optional();
  api.openapi(
    createRoute({
      method: "post",
      path: "/clips",
      tags: ["clips"],
      summary: "Ask for a clip, or for many",
      description:
        "With the same Idempotency-Key, a call that is repeated brings the same clips. Of many, none is accepted where one cannot be.",
      middleware: guard.needs("request"),
      request: {
        headers: z.object({ "idempotency-key": idempotencyKey }),
        body: {
          required: true,
          content: {
            "application/json": { schema: z.union([clipRequest, z.array(clipRequest).min(1).max(MOST_AT_ONCE)]) },
          },
        },
      },
      responses: {
        202: json(z.union([clipView, z.object({ clips: z.array(clipView) })]), "Accepted; stored on the disk"),
        200: json(z.union([clipView, z.object({ clips: z.array(clipView) })]), "Asked for before"),
        ...problems(409, 413, 415, 503, 507),
      },
    }),
    async (context) => {
      const body = context.req.valid("json");
      const key = context.req.valid("header")["idempotency-key"];
      if (!Array.isArray(body)) {
        const answer = await ask(site, body, key);
        const clip = await viewOf(site, answer);
        return context.json(clip, answer.isNew ? 202 : 200, { location: clip.links.self ?? "" });
      }
      const answers = await askAll(site, body, key);
      const clips = await Promise.all(answers.map((answer) => viewOf(site, answer)));
      return context.json({ clips }, answers.some(({ isNew }) => isNew) ? 202 : 200);
    },
  );

  api.openapi(
    createRoute({
      method: "get",
      path: "/clips",
      tags: ["clips"],
      summary: "List clips, the latest first",
      middleware: guard.needs("view"),
      request: {
        query: z.object({
          state: states.optional(),
          camera: z.string().optional(),
          start: instant.optional(),
          end: instant.optional(),
          since: instant.optional().openapi({ description: "Clips that came into their state then or later" }),
          search: z.string().max(200).optional(),
          limit: z.coerce.number().int().min(1).max(500).default(50),
          cursor: z.string().max(300).optional().openapi({ description: "`next` of the page before" }),
        }),
      },
      responses: { 200: json(clipPage, "A page"), ...problems() },
    }),
    (context) => {
      const { state, camera, start, end, since, search, limit, cursor } = context.req.valid("query");
      const range = start === undefined && end === undefined ? undefined : ([start ?? 0, end ?? 1e14] as const);
      const page = listClips(site.runtime.state.read, {
        states: state,
        camera,
        range,
        sinceMs: since,
        search,
        limit,
        cursor,
      });
      const clips = page.clips.map(({ status, title }) => clipSummary(site, status, title));
      return context.json({ clips, ...(page.next && { next: page.next }) }, 200);
    },
  );

  api.openapi(
    createRoute({
      method: "delete",
      path: "/clips/{clipId}",
      tags: ["clips"],
      summary: "Cancel a clip that is not decided yet",
      middleware: guard.needs("request"),
      request: { params: clipParams },
      responses: { 200: json(clipView, "Cancelled"), ...problems(404, 409) },
    }),
    async (context) => {
      const { clipId } = context.req.valid("param");
      await clipOr404(site, clipId);
      const result = await cancelClip(clipId, site.runtime.operator);
      if (result.kind === "decided") throw new Problem(409, `the clip is ${result.status} already`);
      if (result.kind !== "cancelled")
        throw new Problem(409, "the clip was accepted a moment ago: try again", { headers: { "retry-after": "1" } });
      return context.json(await clipOr404(site, clipId), 200);
    },
  );

  api.openapi(
    createRoute({
      method: "get",
      path: "/clips/{clipId}",
      tags: ["clips"],
      summary: "A clip, with what its caller was told",
      middleware: guard.needs("view"),
      request: { params: clipParams },
      responses: { 200: json(clipView, "The clip"), ...problems(404) },
    }),
    async (context) => context.json(await clipOr404(site, context.req.valid("param").clipId), 200),
  );
}

const viewOf = (site: Site, { clipId }: Answer) => clipOr404(site, clipId);

/** @throws Problem 404 */
export async function clipOr404(site: Site, clipId: string) {
  const clip = await clipDetail(site, clipId);
  if (!clip) throw new Problem(404, `nobody asked for a clip ${clipId.slice(0, 130)}`);
  return clip;
}

import type { ClipLink } from "@camclips/core";
import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Guard } from "../auth/guard.ts";
import { clipParams } from "./clips.ts";
import { type Api, json, problems } from "./route.ts";

const LONGEST_LINK_SECONDS = 30 * 24 * 3600;

/** @throws Problem 404 for a clip that is not there. May expire sooner than asked for. */
export type LinkTo = (clipId: string, expiresMs: number, context: Context) => Promise<ClipLink>;

/** Links that need no token, made by whoever serves the clips. */
export function addLinks(api: Api, guard: Guard, now: () => number, linkTo: LinkTo): void {
  api.openapi(
    createRoute({
      method: "post",
      path: "/clips/{clipId}/links",
      tags: ["files"],
      summary: "Make a link to the clip that needs no token and expires",
      middleware: guard.needs("request"),
      request: {
        params: clipParams,
        body: {
          required: true,
          content: {
            "application/json": {
              schema: z.strictObject({ seconds: z.int().min(60).max(LONGEST_LINK_SECONDS).default(86_400) }),
            },
          },
        },
      },
      responses: {
        201: json(z.object({ url: z.string(), expiresAt: z.string() }), "The link"),
        ...problems(404, 415),
      },
    }),
    async (context) => {
      const { clipId } = context.req.valid("param");
      const expiresMs = now() + context.req.valid("json").seconds * 1000;
      return context.json(await linkTo(clipId, expiresMs, context), 201);
    },
  );
}

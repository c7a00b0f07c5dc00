import { join } from "node:path";
import { type ClipLink, clipKey, thumbnailKey } from "@camclips/core";
import { createRoute, z } from "@hono/zod-openapi";
import type { Context, MiddlewareHandler } from "hono";
import type { Guard } from "../auth/guard.ts";
import type { Signer } from "../auth/signed.ts";
import { contentTypeOf } from "../http/content-types.ts";
import { Problem } from "../http/problem.ts";
import { sendFile } from "../http/send-file.ts";
import type { Site } from "../site.ts";
import { clipOr404, clipParams } from "./clips.ts";
import { addLinks } from "./links.ts";
import { type Api, problems } from "./route.ts";
import { addSideFiles } from "./side-files.ts";

/** A clip may be replaced by a rerun: browsers keep it, and ask whether it is still the same. */
const CACHE = "private, no-cache";

const linkSubject = (clipId: string): string[] => ["clip", clipId];

/** A link to a clip that needs no token. @param origin how the service is reached */
export function clipLink(signer: Signer, origin: string, clipId: string, expiresMs: number): ClipLink {
  const signature = signer.sign(linkSubject(clipId), expiresMs);
  const url = `${origin}/clips/${encodeURIComponent(clipId)}/clip.mp4?signature=${signature}`;
  return { url, expiresAt: new Date(expiresMs).toISOString() };
}

export function addClipFiles(api: Api, site: Site, guard: Guard): void {
  /** Whoever has a link needs no token. */
  const viewOrLink: MiddlewareHandler = async (context, next) => {
    const signature = context.req.query("signature");
    if (signature === undefined) return guard.needs("view")(context, next);
    if (!site.signer.verify(linkSubject(context.req.param("clipId") ?? ""), signature, site.clock.now()))
      throw new Problem(403, "the link has expired, or is not whole");
    await next();
  };
  /** @throws Problem 404 for one that is no file of a clip. */
  const sendClipFile = async (request: Request, key: string, downloadAs?: string): Promise<Response> => {
    const contentType = contentTypeOf(key);
    if (contentType === undefined) throw new Problem(404, "there is no such file");
    const options = { contentType, cacheControl: CACHE, ...(downloadAs && { downloadAs }) };
    return sendFile(request, join(site.config.clips, key), options);
  };
  const binary = { schema: z.string().openapi({ format: "binary" }) };

  api.openapi(
    createRoute({
      method: "get",
      path: "/clips/{clipId}/clip.mp4",
      tags: ["files"],
      summary: "The video; ranges and conditional requests are honoured",
      middleware: viewOrLink,
      request: {
        params: clipParams,
        query: z.object({ download: z.enum(["1", "true"]).optional(), signature: z.string().optional() }),
      },
      responses: {
        200: { content: { "video/mp4": binary }, description: "All of it" },
        206: { content: { "video/mp4": binary }, description: "A range of it" },
        304: { description: "Not modified" },
        ...problems(404, 416),
      },
    }),
    async (context) => {
      const { clipId } = context.req.valid("param");
      const camera = await cameraOf(site, clipId);
      const { download } = context.req.valid("query");
      return sendClipFile(context.req.raw, clipKey(camera, clipId), download && `${clipId}.mp4`);
    },
  );

  api.openapi(
    createRoute({
      method: "get",
      path: "/clips/{clipId}/thumbnails/{size}",
      tags: ["files"],
      summary: "A thumbnail: one of THUMBNAIL_SIZES, or original",
      middleware: viewOrLink,
      request: {
        params: clipParams.extend({ size: z.union([z.literal("original"), z.coerce.number().int().positive()]) }),
        query: z.object({ signature: z.string().optional() }),
      },
      responses: {
        200: { content: { "image/jpeg": binary, "image/png": binary, "image/webp": binary }, description: "A picture" },
        304: { description: "Not modified" },
        ...problems(404),
      },
    }),
    async (context) => {
      const { clipId, size } = context.req.valid("param");
      const camera = await cameraOf(site, clipId);
      const key = thumbnailKey(camera, clipId, size, site.settings.THUMBNAIL_FORMAT);
      return sendClipFile(context.req.raw, key);
    },
  );

  addSideFiles(api, site, viewOrLink, { cameraOf: (clipId) => cameraOf(site, clipId), send: sendClipFile });

  // What CLIP_URL is the first part of: the addresses in clips' metadata.
  api.get("/files/:camera/:name", guard.needs("view"), async (context) => {
    const { camera, name } = context.req.param();
    if (![camera, name].every((segment) => /^[^./\\][^/\\\0]*$/.test(segment)))
      throw new Problem(404, "there is no such file");
    return sendClipFile(context.req.raw, `${camera}/${name}`);
  });

  addLinks(api, guard, site.clock.now, async (clipId, expiresMs, context) => {
    await cameraOf(site, clipId);
    return clipLink(site.signer, originOf(context, site), clipId, expiresMs);
  });
}

const originOf = (context: Context, { config }: Site): string =>
  config.publicUrl?.replace(/\/+$/, "") ?? new URL(context.req.url).origin;

/** @throws Problem 404 for a clip that is not there (yet). */
async function cameraOf(site: Site, clipId: string): Promise<string> {
  const { camera, state } = await clipOr404(site, clipId);
  if (camera === null || state !== "available") throw new Problem(404, `the clip is ${state}`);
  return camera;
}

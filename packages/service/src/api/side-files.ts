import { statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { clockKey, manifestKey, previewKey } from "@camclips/core";
import { createRoute, z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { Problem } from "../http/problem.ts";
import { sendFile } from "../http/send-file.ts";
import type { Site } from "../site.ts";
import { type Api, problems } from "./route.ts";

/** What their addresses end with, and what the keys call them. */
export const previewFiles = {
  "storyboard.vtt": "storyboard",
  "storyboard.jpg": "sprite",
  "animated.webp": "animated",
} as const;
export const MANIFEST_TYPE = "application/jose+json";

type PreviewFile = keyof typeof previewFiles;
const names = Object.keys(previewFiles) as PreviewFile[];

const pathOf = ({ config }: Pick<Site, "config">, camera: string, clipId: string, name: PreviewFile): string =>
  join(config.clips, previewKey(camera, clipId, previewFiles[name]));

/** A thumbnails track whose sprite has the address beside its own. */
export const trackWithSprite = (track: string, sprite: string): string =>
  track.replaceAll(/^.+(?=#xywh=)/gm, () => sprite);

/** Links to those files beside a clip that are there: of its preview, its clock and its evidence. */
export function sideLinks(site: Pick<Site, "config">, camera: string | null, clipId: string): Record<string, string> {
  if (camera === null) return {};
  const clip = `/clips/${encodeURIComponent(clipId)}`;
  const self = `${clip}/preview`;
  const isFile = (path: string) => statSync(path, { throwIfNoEntry: false })?.isFile();
  const isThere = (name: PreviewFile) => isFile(pathOf(site, camera, clipId, name));
  return {
    ...(isThere("storyboard.vtt") && { storyboard: `${self}/storyboard.vtt` }),
    ...(isFile(join(site.config.clips, clockKey(camera, clipId))) && { clock: `${clip}/clock.vtt` }),
    ...(isFile(join(site.config.clips, manifestKey(camera, clipId))) && { evidence: `${clip}/manifest.json` }),
    ...(isThere("animated.webp") && { animated: `${self}/animated.webp` }),
  };
}

/** @param mayView of the clip's files. @param cameraOf finds the camera of a clip that is available. */
export function addSideFiles(
  api: Api,
  site: Site,
  mayView: MiddlewareHandler,
  cameraOf: (clipId: string) => Promise<string>,
): void {
  const query = z.object({ signature: z.string().optional() });
  const cacheControl = "private, no-cache";
  const binary = { schema: z.string().openapi({ format: "binary" }) };
  api.openapi(
    createRoute({
      method: "get",
      path: "/clips/{clipId}/preview/{file}",
      tags: ["files"],
      summary: "A file of the preview: the thumbnails track that players read (WebVTT), its sprite, the moving picture",
      middleware: mayView,
      request: {
        params: z.object({ clipId: z.string(), file: z.enum(names) }),
        query,
      },
      responses: {
        200: {
          content: { "text/vtt": { schema: z.string() }, "image/jpeg": binary, "image/webp": binary },
          description: "The file",
        },
        304: { description: "Not modified" },
        ...problems(404),
      },
    }),
    async (context) => {
      const { clipId, file } = context.req.valid("param");
      const camera = await cameraOf(clipId);
      const path = pathOf(site, camera, clipId, file);
      if (file !== "storyboard.vtt")
        return sendFile(context.req.raw, path, {
          contentType: file.endsWith(".jpg") ? "image/jpeg" : "image/webp",
          cacheControl,
        });
      const track = await readFile(path, "utf8").catch(() => undefined);
      if (track === undefined) throw new Problem(404, "there is no such file");
      const { signature } = context.req.valid("query");
      const sprite = `storyboard.jpg${signature === undefined ? "" : `?signature=${encodeURIComponent(signature)}`}`;
      return context.text(trackWithSprite(track, sprite), 200, {
        "content-type": "text/vtt; charset=utf-8",
        "cache-control": cacheControl,
      });
    },
  );

  api.openapi(
    createRoute({
      method: "get",
      path: "/clips/{clipId}/clock.vtt",
      tags: ["files"],
      summary: "What the clip's clock says (WebVTT), for a track element",
      middleware: mayView,
      request: { params: z.object({ clipId: z.string() }), query },
      responses: {
        200: { content: { "text/vtt": { schema: z.string() } }, description: "The track" },
        304: { description: "Not modified" },
        ...problems(404),
      },
    }),
    async (context) => {
      const { clipId } = context.req.valid("param");
      const path = join(site.config.clips, clockKey(await cameraOf(clipId), clipId));
      return sendFile(context.req.raw, path, { contentType: "text/vtt", cacheControl });
    },
  );

  api.openapi(
    createRoute({
      method: "get",
      path: "/clips/{clipId}/manifest.json",
      tags: ["files"],
      summary: "The signed manifest of the clip (JWS), where its service has a key",
      middleware: mayView,
      request: { params: z.object({ clipId: z.string() }), query },
      responses: {
        200: { content: { [MANIFEST_TYPE]: { schema: z.string() } }, description: "The manifest" },
        304: { description: "Not modified" },
        ...problems(404),
      },
    }),
    async (context) => {
      const { clipId } = context.req.valid("param");
      const path = join(site.config.clips, manifestKey(await cameraOf(clipId), clipId));
      return sendFile(context.req.raw, path, { contentType: MANIFEST_TYPE, cacheControl });
    },
  );
}

import { statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { clockKey, manifestKey, previewKey } from "@camclips/core";
import { createRoute, z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { MANIFEST_TYPE } from "../http/content-types.ts";
import { Problem } from "../http/problem.ts";
import type { Site } from "../site.ts";
import { type Api, problems } from "./route.ts";

/** What their addresses end with, and what the keys call them. */
export const previewFiles = {
  "storyboard.vtt": "storyboard",
  "storyboard.jpg": "sprite",
  "animated.webp": "animated",
} as const;

type PreviewFile = keyof typeof previewFiles;
const names = Object.keys(previewFiles) as PreviewFile[];

/** A thumbnails track whose sprite has the address beside its own. */
export const trackWithSprite = (track: string, sprite: string): string =>
  track.replaceAll(/^.+(?=#xywh=)/gm, () => sprite);

/** Links to those files beside a clip that are there: of its preview, its clock and its evidence. */
export function sideLinks(
  { config }: Pick<Site, "config">,
  camera: string | null,
  clipId: string,
): Record<string, string> {
  if (camera === null) return {};
  const clip = `/clips/${encodeURIComponent(clipId)}`;
  const self = `${clip}/preview`;
  const isThere = (key: string) => statSync(join(config.clips, key), { throwIfNoEntry: false })?.isFile();
  const isMade = (name: PreviewFile) => isThere(previewKey(camera, clipId, previewFiles[name]));
  return {
    ...(isMade("storyboard.vtt") && { storyboard: `${self}/storyboard.vtt` }),
    ...(isThere(clockKey(camera, clipId)) && { clock: `${clip}/clock.vtt` }),
    ...(isThere(manifestKey(camera, clipId)) && { evidence: `${clip}/manifest.json` }),
    ...(isMade("animated.webp") && { animated: `${self}/animated.webp` }),
  };
}

interface SideFiles {
  /** The camera of a clip that is available. */
  cameraOf(clipId: string): Promise<string>;
  /** Answers with a clip's file. */
  send(request: Request, key: string): Promise<Response>;
}

/** @param mayView of the clip's files. */
export function addSideFiles(api: Api, site: Site, mayView: MiddlewareHandler, { cameraOf, send }: SideFiles): void {
  const query = z.object({ signature: z.string().optional() });
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
      const key = previewKey(await cameraOf(clipId), clipId, previewFiles[file]);
      if (file !== "storyboard.vtt") return send(context.req.raw, key);
      const track = await readFile(join(site.config.clips, key), "utf8").catch(() => undefined);
      if (track === undefined) throw new Problem(404, "there is no such file");
      const { signature } = context.req.valid("query");
      const sprite = `storyboard.jpg${signature === undefined ? "" : `?signature=${encodeURIComponent(signature)}`}`;
      return context.text(trackWithSprite(track, sprite), 200, {
        "content-type": "text/vtt; charset=utf-8",
        "cache-control": "private, no-cache",
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
      return send(context.req.raw, clockKey(await cameraOf(clipId), clipId));
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
      return send(context.req.raw, manifestKey(await cameraOf(clipId), clipId));
    },
  );
}

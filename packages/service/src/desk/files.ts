import { Readable } from "node:stream";
import {
  type ClipLink,
  clipKey,
  clockKey,
  manifestKey,
  type OpenObject,
  previewKey,
  thumbnailKey,
} from "@camclips/core";
import type { Desk } from "@camclips/functions";
import * as z from "zod";
import { addLinks } from "../api/links.ts";
import type { Api } from "../api/route.ts";
import { previewFiles, trackWithSprite } from "../api/side-files.ts";
import type { Guard } from "../auth/guard.ts";
import { contentTypeOf } from "../http/content-types.ts";
import { Problem } from "../http/problem.ts";
import { sendRanges } from "../http/send-file.ts";
import { metadataIn } from "./clip-view.ts";

/** Opens a clip's objects. @param bucket what the clip's metadata calls it */
export type OpenFile = (bucket: string, key: string, signal: AbortSignal) => Promise<OpenObject | undefined>;

/** Makes a link that needs no right of the operator's. @param clip an available one */
export type LinkToClip = (clip: { cameraId: string; clipId: string }, expiresMs: number) => Promise<ClipLink>;

const CACHE = "private, no-cache";

const delivered = z.looseObject({
  cameraId: z.string(),
  bucket: z.string(),
  thumbnail: z.looseObject({ key: z.string(), sizes: z.array(z.number()).min(1) }),
});

interface Files {
  open: OpenFile;
  /** Absent where no links can be made. */
  link?: LinkToClip | undefined;
  now(): number;
}

/** Clips and what lies beside them, of wherever the desk is: they come through here, so that browsers need no rights of their own. */
export function addDeskFiles(app: Api, desk: Desk, guard: Guard, { open, link, now }: Files): void {
  const send = async (request: Request, bucket: string, key: string, downloadAs?: string): Promise<Response> => {
    const found = await open(bucket, key, request.signal);
    if (!found) throw new Problem(404, "the object is gone");
    const stream = (start: number, end: number) =>
      Readable.toWeb(Readable.from(found.stream(start, end, request.signal))) as ReadableStream;
    const contentType = contentTypeOf(key) ?? "application/octet-stream";
    const { size, etag } = found;
    return sendRanges(
      request,
      { size, etag, stream },
      { contentType, cacheControl: CACHE, ...(downloadAs && { downloadAs }) },
    );
  };
  const deliveredOr404 = async (clipId: string) => {
    const told = delivered.safeParse(metadataIn(await desk.history(clipId)));
    if (!told.success) throw new Problem(404, "the clip is not available");
    return told.data;
  };

  app.get("/clips/:clipId/clip.mp4", guard.needs("view"), async ({ req }) => {
    const { clipId } = req.param();
    const { cameraId, bucket } = await deliveredOr404(clipId);
    return send(req.raw, bucket, clipKey(cameraId, clipId), req.query("download") && `${clipId}.mp4`);
  });

  app.get("/clips/:clipId/thumbnails/:size", guard.needs("view"), async ({ req }) => {
    const { clipId, size } = req.param();
    const { cameraId, bucket, thumbnail } = await deliveredOr404(clipId);
    const asked = size === "smallest" ? Math.min(...thumbnail.sizes) : size === "original" ? size : Number(size);
    if (asked !== "original" && !thumbnail.sizes.includes(asked))
      throw new Problem(404, `sizes are ${thumbnail.sizes.join(", ")}, and original`);
    const format = thumbnail.key.slice(thumbnail.key.lastIndexOf(".") + 1);
    return send(req.raw, bucket, thumbnailKey(cameraId, clipId, asked, format));
  });

  for (const [name, keyOf] of Object.entries({ "clock.vtt": clockKey, "manifest.json": manifestKey }))
    app.get(`/clips/:clipId/${name}`, guard.needs("view"), async ({ req }) => {
      const clipId = req.param("clipId") ?? "";
      const { cameraId, bucket } = await deliveredOr404(clipId);
      return send(req.raw, bucket, keyOf(cameraId, clipId));
    });

  if (link)
    addLinks(app, guard, now, async (clipId, expiresMs) => {
      const { cameraId } = await deliveredOr404(clipId);
      return link({ cameraId, clipId }, expiresMs);
    });

  app.get("/clips/:clipId/preview/:file", guard.needs("view"), async ({ req }) => {
    const { clipId, file } = req.param();
    if (!Object.hasOwn(previewFiles, file)) throw new Problem(404, "there is no such file");
    const { cameraId, bucket } = await deliveredOr404(clipId);
    const key = previewKey(cameraId, clipId, previewFiles[file as keyof typeof previewFiles]);
    if (file !== "storyboard.vtt") return send(req.raw, bucket, key);
    const found = await open(bucket, key, req.raw.signal);
    if (!found) throw new Problem(404, "the object is gone");
    const track = new TextDecoder().decode(await found.read(0, found.size, req.raw.signal));
    const headers = { "content-type": "text/vtt; charset=utf-8", "cache-control": CACHE };
    return new Response(trackWithSprite(track, "storyboard.jpg"), { headers });
  });
}

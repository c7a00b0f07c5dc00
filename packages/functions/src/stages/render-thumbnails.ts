import { join } from "node:path";
import { thumbnailKey } from "@camclips/core";
import { ClipRendered, type EventOf, ThumbnailsRendered } from "@camclips/events";
import { signManifest } from "../evidence/sign-manifest.ts";
import { lambdaHandler } from "../lambda/handler.ts";
import { copyPictures, type Pictures } from "../reuse/copy-pictures.ts";
import type { Deps } from "../runtime/deps.ts";
import { beside, CONTENT_TYPES, SERVED, sha256Of, uploadFile } from "../runtime/files.ts";
import { inParallel } from "../runtime/in-parallel.ts";
import { defineStage } from "../runtime/process.ts";
import { cutAround } from "../sources/cut-around.ts";
import { openClip } from "../sources/open-clip.ts";
import { previewJob, storePreview } from "../sources/preview.ts";

type Needs = Pick<Deps, "destination" | "scratch" | "settings" | "signer" | "log"> & {
  media: Pick<Deps["media"], "renderThumbnails">;
};

/** Where in the clip the picture is taken (contract, section 4). */
const PICTURE_AT = 0.25;
const UPLOADS_AT_ONCE = 5;

/** One picture in every size, and the preview. A clip that is a copy has copies of the other one's. */
export const renderThumbnails = defineStage("render-thumbnails", [ClipRendered], async (event, deps: Needs, signal) => {
  const { request, clip, coverage, reusedFrom, findings } = event.data;
  const copied = event.metadata.rerun ? undefined : await copyPictures(event.data, deps, signal);
  const { thumbnails, hashed, preview } = copied ?? (await makePictures(event.data, deps, signal));
  const toSign = findings && { request, clip, coverage, findings, pictures: hashed, made: event.metadata };
  const evidence = toSign && (await signManifest(toSign, deps, signal));
  const signed = evidence && { evidence };
  return [ThumbnailsRendered.happened({ request, clip, coverage, thumbnails, preview, reusedFrom, ...signed })];
});

/** Out of the few bytes that they need: the clip is not read whole. */
async function makePictures(
  { request, clip }: EventOf<typeof ClipRendered>["data"],
  deps: Needs,
  signal: AbortSignal,
): Promise<Pictures> {
  const { THUMBNAIL_FORMAT: format, THUMBNAIL_SIZES } = deps.settings;
  await using scratch = await deps.scratch();
  const opened = await openClip(clip.key, deps, signal);
  const atSeconds = (clip.durationMs / 1000) * PICTURE_AT;
  const around = await cutAround(opened, atSeconds, join(scratch.path, "picture.mp4"), signal);
  const sizes = [...THUMBNAIL_SIZES, "original" as const];
  // Not named as their keys: ffmpeg takes a "%" in a picture's name for a pattern.
  const outputs = sizes.map((size) => ({
    path: join(scratch.path, `${size}.${format}`),
    width: size === "original" ? null : size,
    key: thumbnailKey(request.cameraId, request.clipId, size, format),
  }));
  const keys = new Map(outputs.map(({ path, key }) => [path, key]));
  const preview = await previewJob(request.preview ?? deps.settings.PREVIEWS, opened, scratch.path, signal);
  const pictures = await deps.media.renderThumbnails(
    { clip: around.path, atSeconds: around.atSeconds, outputs, preview },
    { scratch: scratch.path, signal },
  );
  const stored = await inParallel(UPLOADS_AT_ONCE, pictures.thumbnails, signal, async ({ path, width }, _, either) => {
    const key = keys.get(path) ?? "";
    const sha256 = await sha256Of(path, either, "base64url");
    const metadata = { ...beside(clip), sha256 };
    const options = { ...SERVED, contentType: CONTENT_TYPES[format], metadata, signal: either };
    const { bytes } = await uploadFile(deps.destination, key, path, options);
    return { key, bytes, width, sha256 };
  });
  return {
    thumbnails: stored.map(({ key, width, bytes }) => ({ key, width, bytes })),
    hashed: stored.map(({ key, bytes, sha256 }) => ({ key, bytes, sha256 })),
    preview: preview && (await storePreview({ request, clip }, preview, pictures.storyboard, deps, signal)),
  };
}

export const handler = lambdaHandler(renderThumbnails, async (environment) => ({
  ...(await (await import("../lambda/connect-pictures.ts")).connectPictures(environment)),
  ...(await (await import("../lambda/connect-signer.ts")).connectSigner(environment)),
}));

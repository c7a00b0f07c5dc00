import { createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { thumbnailKey } from "@camclips/core";
import { ClipRendered, ThumbnailsRendered } from "@camclips/events";
import { firstTrack, presentationSeconds, readMovie, shownAt, sliceRecording } from "@camclips/mp4";
import { lambdaHandler } from "../lambda/handler.ts";
import type { Deps } from "../runtime/deps.ts";
import { uploadFile } from "../runtime/files.ts";
import { defineStage } from "../runtime/process.ts";

type Needs = Pick<Deps, "destination" | "media" | "scratch" | "settings">;

const CONTENT_TYPES = { jpg: "image/jpeg", png: "image/png", webp: "image/webp" };

/** Where in the clip the picture is taken (contract, section 4). */
const PICTURE_AT = 0.25;

/** One picture in every size, out of the few bytes around it: the clip is not read whole. */
export const renderThumbnails = defineStage(
  "render-thumbnails",
  [ClipRendered],
  async ({ data: { request, clip, coverage } }, deps: Needs, signal) => {
    const { THUMBNAIL_FORMAT: format, THUMBNAIL_SIZES } = deps.settings;
    await using scratch = await deps.scratch();
    const atSeconds = (clip.durationMs / 1000) * PICTURE_AT;
    const around = await cutAround(clip.key, atSeconds, join(scratch.path, "picture.mp4"), deps, signal);
    const sizes = [...THUMBNAIL_SIZES, "original" as const];
    // Not named as their keys: ffmpeg takes a "%" in a picture's name for a pattern.
    const outputs = sizes.map((size) => ({
      path: join(scratch.path, `${size}.${format}`),
      width: size === "original" ? null : size,
      key: thumbnailKey(request.cameraId, request.clipId, size, format),
    }));
    const keys = new Map(outputs.map(({ path, key }) => [path, key]));
    const pictures = await deps.media.renderThumbnails(
      { clip: around.path, atSeconds: around.atSeconds, outputs },
      { scratch: scratch.path, signal },
    );
    const thumbnails = [];
    for (const { path, width } of pictures) {
      const key = keys.get(path) ?? "";
      const { bytes } = await uploadFile(deps.destination, key, path, { contentType: CONTENT_TYPES[format], signal });
      thumbnails.push({ key, width, bytes });
    }
    return [ThumbnailsRendered.happened({ request, clip, coverage, thumbnails })];
  },
);

/** Less than any frame interval: the range ends before the next frame. */
const BESIDE_FRAME_SECONDS = 0.002;

/** A file of the few frames that lead to the one shown at the instant; in a gap that is held, that one lies far before. */
async function cutAround(
  key: string,
  atSeconds: number,
  path: string,
  { destination }: Needs,
  signal: AbortSignal,
): Promise<{ path: string; atSeconds: number }> {
  const object = await destination.open(key, signal);
  if (!object) throw new Error(`${key} is gone: the clip was removed before its thumbnails were made`);
  const video = firstTrack(await readMovie(object, key, signal), "vide");
  const shown = video && shownAt(video, atSeconds);
  if (!video || shown === undefined) throw new Error(`${key} shows no frame at ${atSeconds} s`);
  const shownSeconds = presentationSeconds(video, shown);
  const range = { fromSeconds: shownSeconds, toSeconds: shownSeconds + BESIDE_FRAME_SECONDS, showHidden: true };
  const slice = await sliceRecording(object, key, range, signal);
  await pipeline(slice.chunks(signal), createWriteStream(path), { signal });
  const { size } = await stat(path);
  if (size !== slice.bytes) throw new Error(`${key}: read ${size} of ${slice.bytes} bytes`);
  return { path, atSeconds: shownSeconds - slice.zeroSeconds };
}

export const handler = lambdaHandler(renderThumbnails, async (environment) =>
  (await import("../lambda/connect-media.ts")).connectMedia(environment),
);

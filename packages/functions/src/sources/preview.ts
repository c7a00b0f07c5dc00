import { join } from "node:path";
import { previewKey } from "@camclips/core";
import { webVtt } from "@camclips/core/webvtt";
import type { ClipRequest, Preview, PreviewFiles, RenderedClip } from "@camclips/events";
import type { PreviewJob, Storyboard } from "@camclips/media";
import type { Deps } from "../runtime/deps.ts";
import { beside, CONTENT_TYPES, SERVED, uploadFile } from "../runtime/files.ts";
import { cutKeyframes } from "./cut-keyframes.ts";
import type { OpenClip } from "./open-clip.ts";

/** What a preview is made of, and where its pictures go. @param scratch a folder. @returns undefined when none is wanted. */
export async function previewJob(
  wanted: Preview,
  clip: OpenClip,
  scratch: string,
  signal: AbortSignal,
): Promise<PreviewJob | undefined> {
  if (wanted === "none") return undefined;
  return {
    keyframes: await cutKeyframes(clip, join(scratch, "keyframes.mp4"), signal),
    sprite: join(scratch, "storyboard.jpg"),
    ...(wanted === "animated" && { animated: join(scratch, "preview.webp") }),
  };
}

/** Puts a preview beside its clip. @returns undefined when none could be made. */
export async function storePreview(
  { request: { cameraId, clipId }, clip }: { request: ClipRequest; clip: RenderedClip },
  job: PreviewJob,
  storyboard: Storyboard | undefined,
  { destination, log }: Pick<Deps, "destination" | "log">,
  signal: AbortSignal,
): Promise<PreviewFiles | undefined> {
  if (!storyboard) {
    log.warn("the clip has no preview: its keyframes cannot be decoded", { clipId });
    return undefined;
  }
  const options = { ...SERVED, metadata: beside(clip), signal };
  const upload = async (file: "sprite" | "animated", path: string, contentType: string) => {
    const key = previewKey(cameraId, clipId, file);
    return { key, bytes: (await uploadFile(destination, key, path, { ...options, contentType })).bytes };
  };
  const sprite = await upload("sprite", job.sprite, CONTENT_TYPES.jpg);
  const animated = storyboard.animated && job.animated && (await upload("animated", job.animated, CONTENT_TYPES.webp));
  const body = new TextEncoder().encode(trackOf(storyboard, sprite.key, clip.durationMs / 1000));
  const key = previewKey(cameraId, clipId, "storyboard");
  await destination.put(key, body, { ...options, contentType: CONTENT_TYPES.vtt });
  return {
    storyboard: { key, bytes: body.byteLength },
    sprite: { ...sprite, tiles: storyboard.tiles.length },
    ...(animated && { animated }),
  };
}

/** Cues name the sprite by its last segment: it lies beside the track, wherever both are served from. */
function trackOf({ tiles, width, height }: Storyboard, spriteKey: string, durationSeconds: number): string {
  const name = encodeURIComponent(spriteKey.slice(spriteKey.lastIndexOf("/") + 1));
  return webVtt(
    tiles.map(({ fromSeconds, x, y }, i) => ({
      fromSeconds,
      toSeconds: tiles[i + 1]?.fromSeconds ?? durationSeconds,
      text: `${name}#xywh=${x},${y},${width},${height}`,
    })),
  );
}

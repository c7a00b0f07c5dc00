import type { OpenObject } from "@camclips/core";
import { firstTrack, readMovie, type Track } from "@camclips/mp4";
import type { Deps } from "../runtime/deps.ts";

/** A delivered clip, of which parts are read. */
export interface OpenClip {
  key: string;
  object: OpenObject;
  video: Track;
}

/** @throws Error when it is gone, or holds no video. */
export async function openClip(
  key: string,
  { destination }: Pick<Deps, "destination">,
  signal: AbortSignal,
): Promise<OpenClip> {
  const object = await destination.open(key, signal);
  if (!object) throw new Error(`${key} is gone: the clip was removed before its thumbnails were made`);
  const video = firstTrack(await readMovie(object, key, signal), "vide");
  if (!video) throw new Error(`${key} holds no video`);
  return { key, object, video };
}

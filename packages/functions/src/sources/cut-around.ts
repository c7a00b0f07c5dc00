import { createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { presentationSeconds, presentedRange, shownAt, sliceRecording } from "@camclips/mp4";
import type { OpenClip } from "./open-clip.ts";

/** Less than any frame interval: the range ends before the next frame. */
const BESIDE_FRAME_SECONDS = 0.002;

/**
 * A file of the few frames that lead to the one shown at the instant; in a gap that is held, that one lies far before. Where the
 * clip's start was damaged, its first frame may come later: then that one is taken.
 */
export async function cutAround(
  { key, object, video }: OpenClip,
  atSeconds: number,
  path: string,
  signal: AbortSignal,
): Promise<{ path: string; atSeconds: number }> {
  const shown = shownAt(video, Math.max(atSeconds, presentedRange(video)?.startSeconds ?? atSeconds));
  if (shown === undefined) throw new Error(`${key} shows no frame at ${atSeconds} s`);
  const shownSeconds = presentationSeconds(video, shown);
  const range = { fromSeconds: shownSeconds, toSeconds: shownSeconds + BESIDE_FRAME_SECONDS, showHidden: true };
  const slice = await sliceRecording(object, key, range, signal);
  await pipeline(slice.chunks(signal), createWriteStream(path), { signal });
  const { size } = await stat(path);
  if (size !== slice.bytes) throw new Error(`${key}: read ${size} of ${slice.bytes} bytes`);
  return { path, atSeconds: shownSeconds - slice.zeroSeconds };
}

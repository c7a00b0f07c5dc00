import { rm } from "node:fs/promises";
import type { CutEngine, RenderSource } from "@camclips/media";
import { CorruptSourceError, FOREIGN_HEAD_BYTES, fileSource, foreignContainer, readPlainTimeline } from "@camclips/mp4";
import { LATER_SECONDS } from "./open-sliced.ts";
import { timelineOrigin } from "./timeline-origin.ts";

/** Times that start nearer to 0 are taken for offsets from the name: reordering and priming audio shift them by less. */
const NEAR_ZERO_SECONDS = 0.2;

/** Bytes of a recording that is copied whole, and taken apart here: what a function's disk holds twice. */
const MAX_COPIED_BYTES = 1.5 * 1024 ** 3;

/**
 * A recording that could not be sliced (AVI, what is odd of MPEG-TS and Matroska), as an MP4 whose times are known: the name
 * stands for its first frame (docs/decisions/0039-other-containers-are-cut-by-ranges.md).
 * @returns undefined when it holds no frame of its part
 * @throws CorruptSourceError when it is too large
 */
export async function openCopied(
  source: RenderSource,
  bytes: number,
  { media }: { media: CutEngine },
  options: { scratch: string; signal: AbortSignal },
): Promise<RenderSource | undefined> {
  if (bytes > MAX_COPIED_BYTES) {
    const megabytes = (size: number) => `${Math.round(size / 1024 ** 2)} MB`;
    const message = `it is no MP4 and has ${megabytes(bytes)}: more than ${megabytes(MAX_COPIED_BYTES)} are not copied whole`;
    throw new CorruptSourceError(source.path, message);
  }
  const container = await foreignContainerOf(source.path);
  if (!container) return source;
  const path = `${source.path}.unwrapped`;
  // Later than 0, so that the name stands for the first frame; of an AVI it stands for its time 0.
  const laterSeconds = container === "AVI" ? 0 : LATER_SECONDS;
  const unwrapped = await media.unwrap(source.path, path, { ...options, laterSeconds });
  if (!unwrapped) return source;
  await rm(source.path);
  await using file = await fileSource(path);
  const timeline = await readPlainTimeline(file, source.path, options.signal);
  if (!timeline?.media) return { ...source, ...unwrapped, path };
  const claims = { claimedSeconds: Number.NaN, toleranceSeconds: NEAR_ZERO_SECONDS };
  const zeroMs = source.zeroMs - timelineOrigin(timeline, claims) * 1000;
  const { startSeconds, endSeconds } = timeline.media;
  const isOutside = zeroMs + endSeconds * 1000 <= source.fromMs || zeroMs + startSeconds * 1000 >= source.toMs;
  return isOutside ? undefined : { ...source, ...unwrapped, path, zeroMs };
}

/** Of what is copied, MP4s whose index is beyond our reader are taken by ffmpeg as they are. */
async function foreignContainerOf(path: string): Promise<string | undefined> {
  await using file = await fileSource(path);
  return foreignContainer(await file.read(0, Math.min(file.size, FOREIGN_HEAD_BYTES)))?.name;
}

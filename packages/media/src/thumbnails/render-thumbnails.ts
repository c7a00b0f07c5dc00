import { rm } from "node:fs/promises";
import { extname } from "node:path";
import {
  fileSource,
  firstTrack,
  presentationSeconds,
  presentedRange,
  readMovie,
  shownAt,
  TIME_TOLERANCE_SECONDS,
} from "@camclips/mp4";
import { findEntryFor } from "../cut/idr.ts";
import { VerificationError } from "../errors.ts";
import { FfmpegError } from "../ffmpeg/errors.ts";
import { AS_INDEXED, inputArguments, SHOW_ALL } from "../ffmpeg/input-arguments.ts";
import { runFfmpeg } from "../ffmpeg/run-ffmpeg.ts";
import type { EngineSettings } from "../ffmpeg/settings.ts";
import type { Pictures, RenderOptions, ThumbnailJob } from "../media-engine.ts";
import { imageSize } from "../probe/image-size.ts";
import { madePreview, type PreparedPreview, preparePreview, previewArguments, previewInputOptions } from "./preview.ts";

/** By extension. JPEG's quality runs from 2 (best) to 31; WebP's from 0 to 100 (best). */
const encoders: Record<string, readonly string[]> = {
  ".jpg": ["-c:v", "mjpeg", "-q:v", "3", "-pix_fmt", "yuvj420p", "-f", "image2"],
  ".png": ["-c:v", "png", "-pix_fmt", "rgb24", "-f", "image2"],
  ".webp": ["-c:v", "libwebp", "-quality", "85", "-f", "image2"],
};

/** A frame and the one from which it can be decoded, seconds on the clip's timeline. */
interface ShownFrame {
  frameSeconds: number;
  entrySeconds: number;
}

/**
 * Arguments that write one frame in all sizes: one seek, one decoded frame, however many sizes. Heights follow from the
 * widths and are even; widths above the clip's own are scaled up. Pixels that are not square become square. The seek goes
 * to the entry and the filter picks the frame: ffmpeg's own seek to a frame may land behind what that one needs.
 */
export function thumbnailArguments(
  { clip, outputs }: Pick<ThumbnailJob, "clip" | "outputs">,
  { frameSeconds, entrySeconds }: ShownFrame,
  preview?: PreparedPreview,
): string[] {
  const shared = preview && preview.frames === 0 ? ["p"] : [];
  const names = [...outputs.map((_, index) => `t${index}`), ...shared];
  const small = preview && previewArguments(preview, preview.frames === 0 ? "[p]trim=end_frame=1," : "[1:V:0]");
  const scales = outputs.map(({ width }, index) => {
    const size = width === null ? "" : `,scale=${width}:-2:flags=lanczos`;
    return `[${names[index]}]null${size}[s${index}]`;
  });
  const pick = `[0:V:0]trim=start=${Math.max(0, frameSeconds - TIME_TOLERANCE_SECONDS).toFixed(6)}`;
  const split = `${pick},scale=iw*sar:ih,setsar=1,split=${names.length}${names.map((name) => `[${name}]`).join("")}`;
  const seek = ["-noaccurate_seek", "-seek_timestamp", "1", "-ss", Math.max(0, entrySeconds).toFixed(6)];
  return [
    ...["-v", "error", "-y", "-copyts", "-filter_complex_threads", "1"],
    ...inputArguments(clip, [...AS_INDEXED, ...SHOW_ALL, "-threads", "1", ...seek]),
    ...(preview?.keyframes ? inputArguments(preview.keyframes, [...AS_INDEXED, ...previewInputOptions()]) : []),
    ...["-filter_complex", [split, ...scales, ...(small?.filters ?? [])].join(";")],
    ...outputs.flatMap(({ path }, index) => [
      ...["-map", `[s${index}]`, "-frames:v", "1"],
      ...encoderFor(path),
      ...["-update", "1", `file:${path}`],
    ]),
    ...(small?.outputs ?? []),
  ];
}

function encoderFor(path: string): readonly string[] {
  const encoder = encoders[extname(path).toLowerCase()];
  if (encoder === undefined) throw new TypeError(`${path}: thumbnails are jpg, png or webp`);
  return encoder;
}

/** The frame that a clip shows at the instant. */
async function frameAt({ clip, atSeconds }: ThumbnailJob, signal: AbortSignal | undefined): Promise<ShownFrame> {
  await using file = await fileSource(clip);
  const video = firstTrack(await readMovie(file, clip, signal), "vide");
  const end = video && presentedRange(video)?.endSeconds;
  const shown = video && shownAt(video, atSeconds);
  if (!video || end === undefined || shown === undefined || atSeconds >= end)
    throw new VerificationError(`the clip has no frame at ${atSeconds} s`);
  const entry = await findEntryFor(file, video, shown);
  return { frameSeconds: presentationSeconds(video, shown), entrySeconds: presentationSeconds(video, entry) };
}

/**
 * Writes all thumbnails of a clip, and its preview, with one run of ffmpeg. Where that fails, the thumbnails are made alone: no
 * clip is lost over its preview.
 * @returns the files with the sizes that they really have.
 * @throws VerificationError when the clip has no frame there, FfmpegError, FfmpegMissingError; then no file is left.
 */
export async function renderThumbnails(
  job: ThumbnailJob,
  { ffmpeg, timeLimitMs }: Pick<EngineSettings, "ffmpeg" | "timeLimitMs">,
  options: RenderOptions,
): Promise<Pictures> {
  const { scratch, signal, onProgress } = options;
  const paths = job.outputs.map(({ path }) => path);
  try {
    const frame = await frameAt(job, signal);
    const preview = job.preview && (await preparePreview(job.preview, scratch, signal));
    const run = (small?: PreparedPreview) =>
      runFfmpeg({ ffmpeg, timeLimitMs, signal, cwd: scratch, args: thumbnailArguments(job, frame, small) });
    let storyboard: Pictures["storyboard"];
    if (preview) storyboard = await run(preview).then(() => madePreview(preview), noPreview);
    if (!storyboard) await run();
    const thumbnails = await Promise.all(paths.map(async (path) => ({ path, ...(await imageSize(path)) })));
    onProgress?.(100);
    return { thumbnails, storyboard };
  } catch (error) {
    await Promise.all(paths.map((path) => rm(path, { force: true })));
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new VerificationError(`the clip has no frame at ${job.atSeconds} s`, { cause: error });
  }
}

/** ffmpeg's own failure; an abort, a missing program or the time limit would meet the thumbnails, too. */
function noPreview(error: unknown): undefined {
  if (!(error instanceof FfmpegError) || error.exitCode === null) throw error;
}

import { readFile, stat } from "node:fs/promises";
import { fileSource, firstTrack, readMovie } from "@camclips/mp4";
import type { PreviewJob, Storyboard } from "../media-engine.ts";
import { imageSize } from "../probe/image-size.ts";

const COLUMNS = 4;
const TILE_WIDTH = 160;
const ANIMATED_WIDTH = 240;
const ANIMATED_SECONDS = 3;
/** More pictures in three seconds are a flicker, and bytes. */
const MAX_PICTURES = 12;

/** Frames of surveillance pictures at this size show no blocks. */
const DECODING = ["-skip_loop_filter", "all"];

export interface PreparedPreview extends PreviewJob {
  /** Frames in the file of keyframes; 0: there is none, and the thumbnails' own frame is taken. */
  frames: number;
  /** Where the times of the decoded frames are written. */
  times: string;
}

/** @param scratch a folder for the times. */
export async function preparePreview(job: PreviewJob, scratch: string, signal?: AbortSignal): Promise<PreparedPreview> {
  const times = `${scratch}/preview-times`;
  if (job.keyframes === undefined) return { ...job, frames: 0, times };
  await using file = await fileSource(job.keyframes);
  const video = firstTrack(await readMovie(file, job.keyframes, signal), "vide");
  return { ...job, frames: video?.samples.count ?? 0, times };
}

export const previewInputOptions = (): string[] => [...DECODING, "-threads", "1"];

/** Square pixels, even heights. */
const scaled = (width: number) => `scale=${width}:round(ow/dar/2)*2:flags=area,setsar=1`;

/**
 * Filters that make the pictures of a preview out of `from`, and the output options of each. Tiles are put down in the order
 * in which they are decoded, so what is noted is when those frames are shown, not when those of the plan would be.
 */
export function previewArguments(
  { frames, sprite, animated, times }: PreparedPreview,
  from: string,
): { filters: string[]; outputs: string[] } {
  const count = Math.max(1, frames);
  const rows = Math.ceil(count / COLUMNS);
  const columns = Math.min(count, COLUMNS);
  const step = Math.ceil(count / MAX_PICTURES);
  const secondsEach = ANIMATED_SECONDS / Math.ceil(count / step);
  const fork = animated ? `${scaled(ANIMATED_WIDTH)},split[moving][still];[still]` : "";
  const passed = ["-fps_mode", "passthrough", "-enc_time_base", "1:90000"];
  return {
    filters: [
      `${from}${fork}${scaled(TILE_WIDTH)},split[tiles][times];[tiles]tile=${columns}x${rows}[sprite]`,
      ...(animated
        ? [`[moving]select='not(mod(n,${step}))',settb=1/1000,setpts=N*${secondsEach.toFixed(6)}/TB[animated]`]
        : []),
    ],
    outputs: [
      ...["-map", "[sprite]", "-frames:v", "1", "-c:v", "mjpeg", "-q:v", "4", "-pix_fmt", "yuvj420p"],
      ...["-f", "image2", "-update", "1", `file:${sprite}`],
      ...["-map", "[times]", ...passed, "-f", "framecrc", `file:${times}`],
      ...(animated
        ? [
            ...[
              "-map",
              "[animated]",
              "-fps_mode",
              "passthrough",
              "-enc_time_base",
              "1:1000",
              "-c:v",
              "libwebp_anim",
              "-pix_fmt",
              "yuv420p",
            ],
            ...["-quality", "60", "-compression_level", "0", "-loop", "0", "-f", "webp", `file:${animated}`],
          ]
        : []),
    ],
  };
}

/** What was really made. @returns undefined when no frame was decoded. */
export async function madePreview({
  frames,
  sprite,
  animated,
  times,
}: PreparedPreview): Promise<Storyboard | undefined> {
  const shown = await readTimes(times);
  if (shown.length === 0 || !(await isThere(sprite))) return undefined;
  const count = Math.max(1, frames);
  const size = await imageSize(sprite);
  const [width, height] = [size.width / Math.min(count, COLUMNS), size.height / Math.ceil(count / COLUMNS)];
  const tiles = shown.map((seconds, i) => ({
    // The first one also stands for what is shown before it.
    fromSeconds: i === 0 ? 0 : seconds,
    x: (i % COLUMNS) * width,
    y: Math.floor(i / COLUMNS) * height,
  }));
  return { tiles, width, height, animated: animated !== undefined && (await isThere(animated)) };
}

async function readTimes(path: string): Promise<number[]> {
  const text = await readFile(path, "utf8").catch(() => "");
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return lines.map((line) => Number(line.split(",")[2]) / 90_000);
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    ({ size }) => size > 0,
    () => false,
  );

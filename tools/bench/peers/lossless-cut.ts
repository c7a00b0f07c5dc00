import { stat } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../old-way.ts";
import { FPS, KEYFRAME_SECONDS } from "../recordings.ts";
import { partOf, type Work } from "../work.ts";
import { joinFiles } from "./join-files.ts";

/** To what ffmpeg writes for these recordings. */
const TIMING = ["-video_track_timescale", "12800", "-f", "mp4"];
const TRACKS = ["-map", "0:v", "-map", "0:a"];

/**
 * The runs of ffmpeg of LosslessCut's "smart cut" (its useFfmpegOperations.ts and smartcut.ts, of 2026), without the program
 * around them: packets from the next keyframe on, the frames before it encoded up to one frame before that at 1.2 times the
 * recording's bit rate, and both put together; then the parts of all recordings. What it asks ffprobe first is known here.
 */
export async function losslessCut(work: Work, paths: readonly string[]): Promise<string> {
  const parts: string[] = [];
  for (const [index, path] of paths.entries()) parts.push(await cutPart(work, path, index));
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const clip = join(work.folder, "clip.mp4");
  await joinFiles(work, parts, clip);
  return clip;
}

async function cutPart(work: Work, path: string, index: number): Promise<string> {
  const { fromSeconds: from, toSeconds: to } = partOf(work, index);
  const [encoded, copied, part] = ["encoded", "copied", "part"].map((name) =>
    join(work.folder, `${name}-${index}.mp4`),
  );
  if (!encoded || !copied || !part) throw new RangeError("three names");
  const keyframe = Math.ceil(from / KEYFRAME_SECONDS) * KEYFRAME_SECONDS;
  const seek = keyframe > 0 ? ["-ss", String(keyframe)] : [];
  const copy = [...TRACKS, "-c", "copy", "-movflags", "+faststart", ...TIMING];
  const isWhole = keyframe === from;
  await run(work, [...seek, "-i", path, "-t", String(to - keyframe), ...copy, isWhole ? part : copied]);
  if (isWhole) return part;
  const seconds = Math.max(1 / FPS, keyframe - 1 / FPS - from);
  const encoder = ["-c:a", "copy", "-c:v", "h264", "-b:v", String(await bitRate(work, path, index))];
  const input = ["-ss", String(from), "-i", path, "-ss", "0", "-t", String(seconds)];
  await run(work, [...input, ...TRACKS, ...encoder, ...TIMING, encoded]);
  await joinFiles(work, [encoded, copied], part);
  return part;
}

async function bitRate({ recordings }: Work, path: string, index: number): Promise<number> {
  const { startMs = 0, endMs = 0 } = recordings[index] ?? {};
  return Math.floor((1.2 * 8 * (await stat(path)).size * 1000) / (endMs - startMs));
}

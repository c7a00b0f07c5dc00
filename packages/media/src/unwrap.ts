import { rm } from "node:fs/promises";
import { FfmpegError } from "./ffmpeg/errors.ts";
import { inputArguments } from "./ffmpeg/input-arguments.ts";
import { runFfmpeg } from "./ffmpeg/run-ffmpeg.ts";
import { type EngineSettings, TIMESCALE } from "./ffmpeg/settings.ts";
import type { RenderOptions } from "./media-engine.ts";

/**
 * Puts a recording out of another container (MPEG-TS, Matroska, AVI) into an MP4 without decoding, its times as they are.
 * PCM is taken by QuickTime's form of it only, newer video codecs by MP4 alone.
 * @returns false when what it holds goes into neither
 */
export async function unwrap(
  input: string,
  output: string,
  { ffmpeg, timeLimitMs }: EngineSettings,
  { scratch, signal }: RenderOptions,
): Promise<boolean> {
  for (const format of ["mp4", "mov"]) {
    const streams = ["-map", "0:V:0", "-map", "0:a:0?", "-c", "copy", "-video_track_timescale", String(TIMESCALE)];
    const args = ["-v", "error", "-y", "-copyts", ...inputArguments(input), ...streams, "-f", format, output];
    try {
      await runFfmpeg({ ffmpeg, timeLimitMs, args, cwd: scratch, ...(signal && { signal }) });
      return true;
    } catch (error) {
      if (!(error instanceof FfmpegError) || error.exitCode === null) throw error;
      await rm(output, { force: true });
    }
  }
  return false;
}

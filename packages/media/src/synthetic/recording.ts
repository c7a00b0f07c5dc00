import { rm } from "node:fs/promises";
import { findFfmpeg } from "../ffmpeg/find/find-ffmpeg.ts";
import { runFfmpeg } from "../ffmpeg/run-ffmpeg.ts";
import { overlayPicture } from "./overlay.ts";
import { recordingArguments } from "./recording-arguments.ts";
import type { RecordingOptions } from "./recording-options.ts";
import { rotateTrack } from "./rotate-track.ts";
import { isLeftOut, unevenness } from "./vfr.ts";

export interface RecordedFrame {
  code: number;
  /** Wall-clock instant at which the frame is shown, epoch ms with fractions. */
  wallMs: number;
}

export interface Recording {
  path: string;
  startMs: number;
  /** End of the last frame. */
  endMs: number;
  fps: number;
  /** In presentation order. */
  frames: RecordedFrame[];
}

/**
 * Makes a recording as a camera would: a moving picture with its UTC time burned in and a machine-readable number on
 * every frame (readFrameCodes), and tone bursts that mark the seconds (readAudioOnsets).
 * @throws FfmpegError, FfmpegMissingError
 */
export async function makeRecording(options: RecordingOptions): Promise<Recording> {
  const [numerator, denominator] = fraction(options.fps ?? 25);
  const fps = numerator / denominator;
  const count = Math.round(options.seconds * fps);
  const slots = Array.from({ length: count }, (_, index) => slot(index, fps, options));
  const [after = 0, before = 0] = options.stillSeconds ?? [];
  const isStill = (index: number) => index / fps > after && index / fps < before;
  const frames = slots.filter((_, index) => !(options.vfr && isLeftOut(index)) && !isStill(index));
  try {
    await runFfmpeg({
      ffmpeg: options.ffmpeg ?? (await findFfmpeg(process.env)),
      args: recordingArguments(options, `${numerator}/${denominator}`, count),
      input: pictures(slots, options.label ?? ""),
      signal: options.signal,
      onProgress: options.onProgress,
    });
    if (options.rotate) await rotateTrack(options.path, options.rotate);
  } catch (error) {
    await rm(options.path, { force: true });
    throw error;
  }
  const last = frames.at(-1);
  return {
    path: options.path,
    startMs: options.startMs,
    endMs: (last?.wallMs ?? options.startMs) + 1000 / fps,
    fps,
    frames,
  };
}

async function* pictures(frames: readonly RecordedFrame[], label: string): AsyncIterable<Uint8Array> {
  for (const { code, wallMs } of frames) {
    const clock = new Date(Math.round(wallMs)).toISOString().replace("T", " ");
    yield overlayPicture(code, `${clock} ${label}`);
  }
}

/** The same arithmetic as the filters in recording-arguments.ts. */
function slot(index: number, fps: number, options: RecordingOptions): RecordedFrame {
  const seconds = (options.firstSeconds ?? 0) + (index + (options.vfr ? unevenness(index) : 0)) / fps;
  return { code: (options.firstCode ?? 0) + index, wallMs: options.startMs + seconds * 1000 };
}

function fraction(fps: number | string): [numerator: number, denominator: number] {
  const [numerator, denominator] = String(fps).split("/").map(Number);
  return [numerator ?? 25, denominator ?? 1];
}

import { rm } from "node:fs/promises";
import { runFfmpeg } from "../ffmpeg/run-ffmpeg.ts";
import { overlayPicture } from "./overlay.ts";
import { recordingArguments } from "./recording-arguments.ts";
import { rotateTrack } from "./rotate-track.ts";
import { isLeftOut, unevenness } from "./vfr.ts";

/** How the file is laid out. `fragmented` has an index at its end (mfra), `fragmented-sidx` one after moov, `-bare` none. */
export type Container = "moov-first" | "moov-last" | "fragmented" | "fragmented-sidx" | "fragmented-bare";

export interface RecordingOptions {
  path: string;
  /** Wall-clock instant of the file's presentation time 0, epoch ms. */
  startMs: number;
  seconds: number;
  /** Even; default 160 x 90. */
  width?: number;
  height?: number;
  /** A number or a fraction such as "30000/1001"; default 25. */
  fps?: number | string;
  /** Frames from one keyframe to the next; default two seconds of them. */
  gop?: number;
  bFrames?: number;
  openGop?: boolean;
  /** Default true: bursts of a tone that mark whole seconds since `epochMs`, see readAudioOnsets. */
  audio?: boolean;
  codec?: "h264" | "hevc" | "mpeg4";
  /** Uneven frame intervals, and some frames left out. */
  vfr?: boolean;
  container?: Container;
  /** Shown after the clock. */
  label?: string;
  /** Code of the first frame; default 0. */
  firstCode?: number;
  /** What the audio's pattern counts from; default `startMs`. Recordings of one camera share it. */
  epochMs?: number;
  /** Presentation time of the first frame and sample, for cameras whose files do not start at 0. */
  firstSeconds?: number;
  /** Clockwise turn that players apply. */
  rotate?: 0 | 90 | 180 | 270;
  /** Sample aspect ratio such as "4/3". */
  sampleAspect?: string;
  /** Bit rate of the video in kbit/s; default: constant quality. */
  kbps?: number;
  /** Further arguments for the video encoder. */
  encoder?: readonly string[];
  ffmpeg?: string;
  signal?: AbortSignal;
  onProgress?: (seconds: number) => void;
}

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
  const frames = slots.filter((_, index) => !(options.vfr && isLeftOut(index)));
  try {
    await runFfmpeg({
      ffmpeg: options.ffmpeg ?? "ffmpeg",
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

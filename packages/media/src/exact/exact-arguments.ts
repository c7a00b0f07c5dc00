import { join } from "node:path";
import { TIME_TOLERANCE_SECONDS } from "@camclips/mp4";
import { writeClockPictures } from "../clock/burned/clock-pictures.ts";
import type { ClockLayout } from "../clock/burned/layout.ts";
import { clockInput } from "../clock/burned/overlay.ts";
import { withGraphFile } from "../ffmpeg/graph-file.ts";
import { inputArguments, SHOW_ALL } from "../ffmpeg/input-arguments.ts";
import { type EncoderSettings, rateArguments, TIMESCALE } from "../ffmpeg/settings.ts";
import type { Picture } from "../probe/picture.ts";
import type { MediaProbe } from "../probe/probe.ts";
import type { Piece, Timeline } from "../timeline/timeline.ts";
import { listOutputs } from "../verify/looks.ts";
import { type AudioFormat, filterGraph } from "./filter-graph.ts";

export interface ExactJob {
  /** Paths of the job's sources. */
  paths: readonly string[];
  probes: readonly MediaProbe[];
  timeline: Timeline;
  /** Of all frames, also where they are encoded in groups. */
  picture: Picture;
  /** Wall-clock start, for the file's creation time. */
  startMs: number;
  threads: number;
  encoder: EncoderSettings;
  /** Drawn into the pictures. */
  clock?: ClockLayout | undefined;
  /** Where the pictures of the sources go, small, and those of the clock. */
  scratch: string;
  output: string;
}

/**
 * A seek lands on the keyframe before this much earlier instant. Frames are stored up to 16 places away from where they are
 * shown (H.264, A.3.1; H.265, A.4.2), and behind a keyframe of an open GOP decoders drop as many. At a few frames a second
 * that is many seconds.
 */
const SEEK_MARGIN_FRAMES = 32;
const SEEK_MARGIN_SECONDS = 1;
/** With more inputs than this, each decodes with one thread: every thread holds frames in memory. */
const MANY_INPUTS = 3;
/** Files with so few frames may end before the decoder has shown one: see SHOW_ALL. */
const SHORT_FRAMES = 32;
/** What the AAC encoder takes (ISO/IEC 14496-3, table 1.18, up to 48 kHz). */
const AAC_RATES = [8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000];

/** Writes what the run needs beside its sources. @returns its arguments */
export async function prepareRun(job: ExactJob, signal?: AbortSignal): Promise<string[]> {
  if (job.clock) await writeClockPictures(clockFile(job), job.timeline, job.clock, signal);
  return withGraphFile(exactArguments(job), job.scratch);
}

const clockFile = ({ scratch }: ExactJob): string => join(scratch, "clock.mov");

/** Arguments of the one run that decodes all parts of a clip, puts them on one timeline and encodes them. */
export function exactArguments(job: ExactJob): string[] {
  const { timeline, probes, paths, picture, encoder } = job;
  const audio = clipAudio(job);
  return [
    ...["-v", "warning", "-y", "-max_error_rate", "1", "-copyts", "-filter_complex_threads", String(job.threads)],
    ...timeline.pieces.flatMap((piece) => {
      return inputArguments(paths[piece.source] ?? "", inputOptions(job, piece));
    }),
    ...(job.clock ? clockInput(clockFile(job)) : []),
    ...["-filter_complex", filterGraph(timeline, probes, picture, audio, job.clock)],
    ...["-map", "[video]", "-fps_mode", "passthrough", "-enc_time_base", `1:${TIMESCALE}`],
    ...["-c:v", "libx264", "-preset", encoder.preset, ...rateArguments(encoder)],
    ...["-x264-params", [frameRate(timeline), ...encoder.x264].join(":")],
    ...["-threads:v", String(job.threads), "-bsf:v", lastFrameDuration(timeline)],
    ...(audio === undefined ? [] : ["-map", "[audio]", "-c:a", "aac", "-b:a", `${encoder.audioKbps}k`]),
    ...["-map_metadata", "-1", "-map_chapters", "-1"],
    ...["-metadata", `creation_time=${new Date(Math.round(job.startMs)).toISOString()}`],
    ...["-max_muxing_queue_size", "4096", "-video_track_timescale", String(TIMESCALE), "-movflags", "+faststart"],
    ...["-f", "mp4", job.output],
    ...listOutputs(timeline.pieces.length, job.scratch),
  ];
}

/** Times stay those of the file (`-copyts`), so that the filters can cut at them whatever the seek found. */
function inputOptions({ timeline, threads, probes }: ExactJob, { source, cuts }: Piece): string[] {
  // Encoding takes more than twice the time of decoding, and decoding takes 2 % more with a second thread.
  const decoders = timeline.pieces.length > MANY_INPUTS ? 1 : decoderThreads(probes[source], Math.ceil(threads / 2));
  const seek = seekArguments(cuts.firstSeconds, probes[source]);
  const all = (probes[source]?.video.times.length ?? 0) <= SHORT_FRAMES ? SHOW_ALL : [];
  return ["-threads", String(decoders), "-reinit_filter", "0", ...all, ...seek];
}

/** A frame of 4K takes 12 MB, and every thread holds some: for larger pictures than these, one thread decodes. */
const MOST_PIXELS = 2560 * 1440;

/** How many threads decode the pictures of a file, of `threads` there are. */
export function decoderThreads(probe: Pick<MediaProbe, "video"> | undefined, threads: number): number {
  const { width, height } = probe?.video ?? { width: 0, height: 0 };
  return width * height > MOST_PIXELS ? 1 : threads;
}

/**
 * Input options that start reading at a keyframe well before `firstSeconds` of the file's own timeline.
 * @param probe of the file; absent when no picture is decoded
 */
export function seekArguments(firstSeconds: number, probe?: Pick<MediaProbe, "video">): string[] {
  // What a slice begins with is early enough; its other keyframes need not be.
  if (probe?.video.refreshes) return [];
  const times = probe?.video.times ?? [];
  const first = times.findIndex((time) => time >= firstSeconds - TIME_TOLERANCE_SECONDS);
  const frames = probe ? (times[first - SEEK_MARGIN_FRAMES] ?? 0) : Number.POSITIVE_INFINITY;
  const seek = Math.min(firstSeconds - SEEK_MARGIN_SECONDS, frames);
  return seek > 0 ? ["-noaccurate_seek", "-seek_timestamp", "1", "-ss", seek.toFixed(6)] : [];
}

/** The format of the first source that has audio; undefined when none has. */
export function clipAudio({ timeline, probes }: Pick<ExactJob, "timeline" | "probes">): AudioFormat | undefined {
  const audio = timeline.pieces.map(({ source }) => probes[source]?.audio).find((audio) => audio !== undefined);
  if (audio === undefined) return undefined;
  return {
    sampleRate: AAC_RATES.includes(audio.sampleRate) ? audio.sampleRate : 48_000,
    layout: audio.channels === 1 ? "mono" : "stereo",
  };
}

/** With times passed through, x264 would take the time scale for the frame rate, and claim a level no player has. */
export function frameRate({ intervalSeconds }: Timeline): string {
  return `fps=${(1 / intervalSeconds).toFixed(3)}`;
}

/** With times passed through, the encoder leaves durations open, and the muxer would end the clip before its last frame. */
function lastFrameDuration({ expected, durationSeconds }: Timeline): string {
  const seconds = durationSeconds - (expected.at(-1)?.seconds ?? 0);
  return `setts=pts=PTS:dts=DTS:duration=${Math.max(1, Math.round(seconds * TIMESCALE))}`;
}

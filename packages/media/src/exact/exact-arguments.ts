import { join } from "node:path";
import { writeClockPictures } from "../clock/burned/clock-pictures.ts";
import type { ClockLayout } from "../clock/burned/layout.ts";
import { clockInput } from "../clock/burned/overlay.ts";
import { withGraphFile } from "../ffmpeg/graph-file.ts";
import { inputArguments, SHOW_ALL } from "../ffmpeg/input-arguments.ts";
import { type EncoderSettings, frameRate, rateArguments, TIMESCALE } from "../ffmpeg/settings.ts";
import { decoderThreads, seekArguments } from "../probe/decoding.ts";
import type { Picture } from "../probe/picture.ts";
import type { MediaProbe } from "../probe/probe.ts";
import { clipAudio } from "../timeline/audio-chains.ts";
import type { Piece, Timeline } from "../timeline/timeline.ts";
import { listOutputs } from "../verify/looks.ts";
import { filterGraph } from "./filter-graph.ts";

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

/** With more inputs than this, each decodes with one thread: every thread holds frames in memory. */
const MANY_INPUTS = 3;
/** Files with so few frames may end before the decoder has shown one: see SHOW_ALL. */
const SHORT_FRAMES = 32;

/** Writes what the run needs beside its sources. @returns its arguments */
export async function prepareRun(job: ExactJob, signal?: AbortSignal): Promise<string[]> {
  if (job.clock) await writeClockPictures(clockFile(job), job.timeline, job.clock, signal);
  return withGraphFile(exactArguments(job), join(job.scratch, "graph"));
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
  const { video } = probes[source] ?? {};
  const isAlone = !video || timeline.pieces.length > MANY_INPUTS;
  const decoders = isAlone ? 1 : decoderThreads(video, Math.ceil(threads / 2));
  const seek = seekArguments(cuts.firstSeconds, probes[source]);
  const all = (probes[source]?.video.times.length ?? 0) <= SHORT_FRAMES ? SHOW_ALL : [];
  return ["-threads", String(decoders), "-reinit_filter", "0", ...all, ...seek];
}

/** With times passed through, the encoder leaves durations open, and the muxer would end the clip before its last frame. */
function lastFrameDuration({ expected, durationSeconds }: Timeline): string {
  const seconds = durationSeconds - (expected.at(-1)?.seconds ?? 0);
  return `setts=pts=PTS:dts=DTS:duration=${Math.max(1, Math.round(seconds * TIMESCALE))}`;
}

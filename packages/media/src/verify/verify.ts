import {
  fileSource,
  findBrokenSample,
  firstTrack,
  presentationSeconds,
  readMovie,
  shownAt,
  TIME_TOLERANCE_SECONDS,
  type Track,
} from "@camclips/mp4";
import { findEntryFor } from "../cut/idr.ts";
import { VerificationError } from "../errors.ts";
import { BLAME_LOG, mayBlameInput } from "../ffmpeg/blame.ts";
import { inputArguments } from "../ffmpeg/input-arguments.ts";
import { readLines } from "../ffmpeg/output.ts";
import { type FfmpegRun, runFfmpeg } from "../ffmpeg/run-ffmpeg.ts";
import { movieProbe } from "../probe/movie-probe.ts";
import type { MediaProbe } from "../probe/probe.ts";

/** What a finished clip must be. */
export interface ExpectedClip {
  path: string;
  /** Presentation times of all frames, ascending, seconds. */
  frameSeconds: readonly number[];
  width: number;
  height: number;
  audio: boolean;
}

export interface VerifiedClip {
  probe: MediaProbe;
  /** Indices of expected frames that are not there. */
  missing: number[];
}

type Ways = Pick<FfmpegRun, "ffmpeg" | "signal" | "timeLimitMs">;

/**
 * Reads a finished clip back: streams, size, every frame's time, every sample's structure, and whether its first and last
 * frame can be decoded.
 * Missing frames are returned, not thrown: the caller knows whether a source was to blame.
 * @throws VerificationError when anything else is not as expected.
 */
export async function verifyClip(expected: ExpectedClip, ways: Ways): Promise<VerifiedClip> {
  const { probe, lastEntrySeconds } = await probeClip(expected.path, ways.signal);
  const { video, audio } = probe;
  if (video.width !== expected.width || video.height !== expected.height) {
    const sizes = `${video.width}x${video.height} instead of ${expected.width}x${expected.height}`;
    throw new VerificationError(`the clip's size is ${sizes}`);
  }
  if ((audio !== undefined) !== expected.audio) {
    throw new VerificationError(expected.audio ? "the clip has no sound" : "the clip has sound that was not planned");
  }
  const missing = missingFrames(expected.frameSeconds, video.times);
  await decodeEnds(expected.path, video.times, lastEntrySeconds, ways);
  return { probe, missing };
}

/** Reads the clip's own index and samples; whether ffmpeg reads the file alike shows when it decodes both ends. */
async function probeClip(path: string, signal?: AbortSignal): Promise<{ probe: MediaProbe; lastEntrySeconds: number }> {
  try {
    await using file = await fileSource(path);
    const movie = await readMovie(file, path, signal);
    const [probe, video] = [movieProbe(movie), firstTrack(movie, "vide")];
    if (!probe || !video) throw new VerificationError("the clip holds no frame");
    if (movie.tracks.some((track) => reachesBeyond(track, file.size)))
      throw new VerificationError("the clip's file is cut off");
    const broken = await findBrokenSample(file, video, signal);
    if (broken !== undefined) {
      const seconds = presentationSeconds(video, broken).toFixed(3);
      throw new VerificationError(`the frame at ${seconds} s is damaged`);
    }
    const last = await findEntryFor(file, video, shownAt(video, Number.POSITIVE_INFINITY) ?? 0);
    return { probe, lastEntrySeconds: presentationSeconds(video, last) };
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof VerificationError) throw error;
    throw new VerificationError(`the clip cannot be read: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}

function reachesBeyond({ samples }: Track, bytes: number): boolean {
  return samples.offset.some((offset, index) => offset + (samples.size[index] ?? 0) > bytes);
}

/**
 * Compares frame times, both ascending.
 * @returns the indices of expected frames that are not there.
 * @throws VerificationError when there is a frame that is not expected, or two at one time.
 */
export function missingFrames(expected: readonly number[], actual: readonly number[]): number[] {
  const missing: number[] = [];
  let next = 0;
  for (const [index, seconds] of expected.entries()) {
    const found = actual[next];
    if (found !== undefined && Math.abs(found - seconds) <= TIME_TOLERANCE_SECONDS) next++;
    else missing.push(index);
  }
  if (next < actual.length) {
    const where = `frame ${next} at ${actual[next]?.toFixed(4)} s`;
    throw new VerificationError(
      `the clip has ${actual.length} frames, planned were ${expected.length}; ${where} is not planned`,
    );
  }
  return missing;
}

async function decodeEnds(path: string, times: readonly number[], lastEntrySeconds: number, ways: Ways): Promise<void> {
  const last = Math.max(0, (times.at(-1) ?? 0) - TIME_TOLERANCE_SECONDS).toFixed(6);
  const entry = Math.max(0, lastEntrySeconds).toFixed(6);
  const seek = ["-noaccurate_seek", "-seek_timestamp", "1", "-ss", entry];
  // Of the frames from the last keyframe on only one may come out: the muxer would hold all of them, raw, in memory.
  const graph = `[0:V:0]trim=end_frame=1[first];[1:V:0]trim=start=${last}[last]`;
  const maps = ["-filter_complex", graph, "-map", "[first]", "-map", "[last]"];
  const output = ["-fps_mode", "passthrough", "-enc_time_base", "1:90000", "-f", "framecrc", "pipe:1"];
  const args = ["-v", BLAME_LOG, "-xerror", "-copyts", ...inputArguments(path), ...inputArguments(path, seek)];
  const decoded: [number[], number[]] = [[], []];
  const onLine = (line: string) => {
    const [stream, , pts] = line.split(",");
    if (stream === "0" || stream === "1") decoded[stream].push(Number(pts) / 90_000);
  };
  try {
    await runFfmpeg({ ...ways, args: [...args, ...maps, ...output], onOutput: readLines(onLine) });
  } catch (error) {
    if (!mayBlameInput(error)) throw error;
    throw new VerificationError("the clip's first and last frame cannot be decoded", { cause: error });
  }
  checkEnd("first", decoded[0][0], times[0]);
  checkEnd("last", decoded[1].at(-1), times.at(-1));
}

function checkEnd(which: "first" | "last", decoded: number | undefined, planned: number | undefined): void {
  if (decoded !== undefined && planned !== undefined && Math.abs(decoded - planned) <= TIME_TOLERANCE_SECONDS) return;
  throw new VerificationError(`the clip's ${which} frame cannot be decoded`);
}

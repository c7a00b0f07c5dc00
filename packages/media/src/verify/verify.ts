import {
  fileSource,
  findBrokenSample,
  firstTrack,
  presentationSeconds,
  presentedRange,
  readMovie,
  shownAt,
  TIME_TOLERANCE_SECONDS,
  type Track,
} from "@camclips/mp4";
import type { BurnedClock } from "../clock/burned/check-clock.ts";
import { findEntryFor } from "../cut/idr.ts";
import { VerificationError } from "../errors.ts";
import type { FfmpegRun } from "../ffmpeg/run-ffmpeg.ts";
import { movieProbe } from "../probe/movie-probe.ts";
import type { MediaProbe } from "../probe/probe.ts";
import { stretches } from "../timeline/stretches.ts";
import { comparePictures, type PlannedPicture } from "./compare-pictures.ts";
import { type ClipWindow, decodeClip } from "./decode-clip.ts";
import { besideBox, type Fingerprint } from "./fingerprint.ts";

/** What a finished clip must be. */
export interface ExpectedClip {
  path: string;
  /** Presentation times of all frames, ascending, seconds. */
  frameSeconds: readonly number[];
  width: number;
  height: number;
  audio: boolean;
  /** Where copied frames that say more than their recording's come behind others: those around are decoded, too. */
  joinSeconds?: readonly number[];
  /** Frames that were encoded, and what the sources show around them. Frames that turn out to be missing are not compared. */
  pictures?: {
    planned: readonly PlannedPicture[];
    shown: readonly (readonly Fingerprint[])[];
    /** Drawn into the clip's frames, all of which are encoded: it is read, and compared is what lies around it. */
    clock?: BurnedClock | undefined;
  };
}

export interface VerifiedClip {
  probe: MediaProbe;
  /** Until the end of the last frame, whole milliseconds. */
  durationMs: number;
  /** Indices of expected frames that are not there. */
  missing: number[];
}

/** `scratch` is a folder for temporary files. */
type Ways = Pick<FfmpegRun, "ffmpeg" | "signal" | "timeLimitMs"> & { scratch: string };

/**
 * Reads a finished clip back: streams, size, every frame's time, every sample's structure, whether its first and last frame
 * can be decoded, and whether every frame that was encoded shows what its source shows at that instant.
 * Missing frames are returned, not thrown: the caller knows whether a source was to blame.
 * @throws VerificationError when anything else is not as expected.
 */
export async function verifyClip(expected: ExpectedClip, ways: Ways): Promise<VerifiedClip> {
  const { probe, durationMs, ...entries } = await probeClip(expected, ways.signal);
  const { video, audio } = probe;
  if (video.width !== expected.width || video.height !== expected.height) {
    const sizes = `${video.width}x${video.height} instead of ${expected.width}x${expected.height}`;
    throw new VerificationError(`the clip's size is ${sizes}`);
  }
  if ((audio !== undefined) !== expected.audio) {
    throw new VerificationError(expected.audio ? "the clip has no audio" : "the clip has audio that was not planned");
  }
  const missing = missingFrames(expected.frameSeconds, video.times);
  await checkPictures(expected, { times: video.times, ...entries, missing }, ways);
  return { probe, durationMs, missing };
}

interface Entries {
  lastEntrySeconds: number;
  /** Where many frames are stored between the last one and its keyframe. */
  longEnd: { video: Track; entry: number } | undefined;
  /** Frames around joins, by their index, and where decoding has to start for them. */
  joinEntries: ReadonlyMap<number, number>;
}

/** So many frames before and behind a join are decoded: decoders leave some out where it is broken. */
const BEFORE_JOIN = 2;
const BEHIND_JOIN = 4;
/** A clip out of hundreds of files is not decoded at each of its joins. */
const MOST_JOINS = 6;
/** Where more frames are stored behind the last keyframe, only the first and the last of them are decoded. */
const LONG_GOP_FRAMES = 100;

type ProbedClip = Pick<VerifiedClip, "probe" | "durationMs"> & Entries;

/** Reads the clip's own index and samples; whether ffmpeg reads the file alike shows when it decodes both ends. */
async function probeClip(
  { path, joinSeconds = [] }: ExpectedClip,
  signal: AbortSignal | undefined,
): Promise<ProbedClip> {
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
    const last = shownAt(video, Number.POSITIVE_INFINITY) ?? 0;
    const entry = await findEntryFor(file, video, last);
    const isLong = last - entry > LONG_GOP_FRAMES && last === video.samples.count - 1;
    // With reordered frames, the last sample's duration is not that of the frame that is shown last: the edit list tells.
    const edited = Number.isFinite(video.edit.to) ? video.edit.to / video.timescale : undefined;
    const durationMs = Math.round((edited ?? presentedRange(video)?.endSeconds ?? 0) * 1000);
    const joinEntries = new Map<number, number>();
    const { times } = probe.video;
    for (const seconds of joinSeconds.slice(0, MOST_JOINS)) {
      const join = times.findIndex((time) => isSame(time, seconds));
      const first = Math.max(0, join - BEFORE_JOIN);
      const joinEntry = await findEntryFor(file, video, shownAt(video, times[first] ?? 0) ?? 0);
      for (let i = first; i < Math.min(times.length, join + BEHIND_JOIN); i++)
        joinEntries.set(i, joinEntries.get(i) ?? presentationSeconds(video, joinEntry));
    }
    const longEnd = isLong ? { video, entry } : undefined;
    return { probe, durationMs, lastEntrySeconds: presentationSeconds(video, entry), longEnd, joinEntries };
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

async function checkPictures(
  { path, frameSeconds, pictures, width, height }: ExpectedClip,
  { times, missing, ...entries }: { times: readonly number[]; missing: number[] } & Entries,
  ways: Ways,
): Promise<void> {
  const lost = new Set(missing.map((index) => frameSeconds[index]));
  const planned = pictures?.planned.filter(({ seconds }) => !lost.has(seconds)) ?? [];
  const clock = pictures?.clock;
  const encoded = clock ? Float64Array.from(times) : Float64Array.from(planned, ({ seconds }) => seconds).sort();
  const look = clock && (await import("../clock/burned/check-clock.ts")).clockLook(clock, times);
  const isEndWhole = !isSame(encoded.at(-1), times.at(-1)) && (await isLongEndWhole(path, entries, ways));
  const windows = windowsOf(times, encoded, entries, isEndWhole);
  const decoded = await decodeClip(path, windows, { ...ways, width, height }, look);
  const ends: [string, number | undefined][] = [["first", times[0]]];
  if (!isEndWhole) ends.push(["last", times.at(-1)]);
  for (const [which, end] of ends) {
    if (!decoded.some(({ seconds }) => isSame(seconds, end))) {
      throw new VerificationError(`the clip's ${which} frame cannot be decoded`);
    }
  }
  for (const index of entries.joinEntries.keys()) {
    const seconds = times[index] ?? Number.NaN;
    if (!decoded.some((frame) => isSame(frame.seconds, seconds)))
      throw new VerificationError(`the clip's frame at ${seconds.toFixed(3)} s, at a join, cannot be decoded`);
  }
  if (!pictures) return;
  const { shown } = pictures;
  if (!clock) return comparePictures(planned, decoded, shown);
  const beside = (frames: readonly Fingerprint[]) => besideBox(frames, clock.layout.box, { width, height });
  comparePictures(planned, beside(decoded), shown.map(beside));
}

/** Whether the last frames of a long GOP were seen to be whole. @throws VerificationError when they are not */
async function isLongEndWhole(path: string, { longEnd }: Entries, ways: Ways): Promise<boolean> {
  if (!longEnd) return false;
  const { checkClipEnd } = await import("./clip-end.ts");
  return await checkClipEnd({ path, ...longEnd }, ways);
}

/**
 * What is decoded of a clip: the frames that were encoded, which start with a keyframe, those at joins, and the first and the last frame.
 * @param isEndWhole the last frame needs not be decoded
 */
function windowsOf(
  times: readonly number[],
  encoded: Float64Array,
  { lastEntrySeconds, joinEntries }: Entries,
  isEndWhole: boolean,
): ClipWindow[] {
  let next = 0;
  const isEncoded = (time: number) => {
    while ((encoded[next] ?? Number.POSITIVE_INFINITY) < time - TIME_TOLERANCE_SECONDS) next++;
    return isSame(encoded[next], time);
  };
  const encodedAt = new Set(times.flatMap((time, i) => (isEncoded(time) ? [i] : [])));
  const isEnd = (i: number) => i === 0 || (i === times.length - 1 && !isEndWhole);
  const isWanted = (i: number) => encodedAt.has(i) || joinEntries.has(i) || isEnd(i);
  const wanted = times.flatMap((_, i) => (isWanted(i) ? [i] : []));
  const entryOf = (i: number) => (encodedAt.has(i) ? times[i] : (joinEntries.get(i) ?? lastEntrySeconds));
  const isEncodedIn = (first: number, last: number) => wanted.some((i) => i >= first && i <= last && encodedAt.has(i));
  return stretches(wanted).map(([first, last]) => ({
    isLookedAt: isEncodedIn(first, last),
    entrySeconds: first === 0 ? undefined : entryOf(first),
    inSeconds: (times[first] ?? 0) - TIME_TOLERANCE_SECONDS,
    outSeconds: (times[last] ?? 0) + TIME_TOLERANCE_SECONDS,
  }));
}

function isSame(a: number | undefined, b: number | undefined): boolean {
  return a !== undefined && b !== undefined && Math.abs(a - b) <= TIME_TOLERANCE_SECONDS;
}

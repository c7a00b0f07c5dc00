import { CorruptSourceError, OutsideMediaError } from "../errors.ts";
import { mayHoldFields } from "../h26x/sample-kinds.ts";
import type { ByteSource } from "../io/byte-source.ts";
import {
  endOf,
  FRAME_TOLERANCE_SECONDS,
  firstTrack,
  isPresented,
  type Movie,
  presentationTicks,
  presentedRange,
  randomAccessPointFor,
  type Track,
} from "../read/movie.ts";
import { frameBytesOf, type MuxTrack, samplesOf } from "../write/mux-track.ts";
import { holesIn, knownRange, LONG_SECONDS, usualSeconds } from "./holes.ts";
import { selectAudio, ticksHeardBefore, withHiddenAudio } from "./select-audio.ts";
import type { Beside, Hole, SliceRange, TimelineStarts } from "./slice.ts";

export interface Selection {
  tracks: MuxTrack[];
  /** The video sample that it starts with, by its index in the movie. */
  entry: number;
  /** Presentation time of the keyframe that the selection starts with, or of audio that a join needs before it. */
  zeroSeconds: number;
  /** Video in the movie whose bytes are there. */
  media: { startSeconds: number; endSeconds: number };
  beside: Beside;
  holes: Hole[];
  starts: TimelineStarts;
  /** Presentation time of the first wanted frame whose bytes are missing. */
  cutOffSeconds?: number | undefined;
}

/**
 * Chooses the samples that a range needs: video from the keyframe that its first frame needs (entryFor), or the frame before
 * it, where that one stands for long; in decode order to the last frame that is presented before its end; audio from one packet earlier, because decoders need it to warm up.
 * Before the recording's first frame and behind its last one, audio for a join is taken along.
 *
 * Where the file is cut off, the selection ends before the first frame that is missing.
 *
 * @throws OutsideMediaError when no frame is shown in the range; CorruptSourceError when there is no video, or none of the wanted
 * frames is in the file.
 */
export function selectSamples(movie: Movie, source: ByteSource, name: string, range: SliceRange): Selection {
  const { video, media, starts } = movieTimeline(movie, source, name);
  const heard = firstTrack(movie, "soun");
  const wanted = selectVideo(video, source, heard, range);
  if (!wanted) throw new OutsideMediaError(name, media, starts);
  const cutOffSeconds = firstMissing(video, wanted, source, range);
  const toSeconds = cutOffSeconds ?? range.toSeconds;
  // When nothing is left, the error of requireBytes says what is missing.
  const frames = (cutOffSeconds !== undefined && selectVideo(video, source, heard, { ...range, toSeconds })) || wanted;
  const firstTicks = presentationTicks(video, frames.first);
  const isFirst = firstTicks / video.timescale <= starts.videoSeconds + FRAME_TOLERANCE_SECONDS;
  const isLast = toSeconds >= media.endSeconds - FRAME_TOLERANCE_SECONDS;
  const audio = heard && isFirst ? withHiddenAudio(heard) : heard;
  const before = audio && isFirst ? ticksHeardBefore(audio, firstTicks, video.timescale) : 0;
  const zeroSeconds = (firstTicks - before) / video.timescale;
  const shown = range.showHidden ? { ...video, edit: { ...video.edit, from: Number.NEGATIVE_INFINITY } } : video;
  const tracks = [muxTrack(shown, source, frames.first, frames.last, zeroSeconds)];
  const packets = audio && selectAudio(audio, source, { fromSeconds: zeroSeconds, toSeconds, isFirst, isLast });
  if (audio && packets) tracks.push(muxTrack(audio, source, packets.first, packets.last, zeroSeconds));
  requireBytes(tracks, source, name);
  const { frames: inRange, ...around } = besideFrames(video, { ...range, toSeconds });
  // Of frames that are decoded before the first missing one, some are shown behind it.
  const beside = cutOffSeconds === undefined ? { ...around, frames: inRange } : around;
  const holes = holesIn(video, heard, range);
  return { tracks, entry: frames.first, zeroSeconds, media, beside, holes, starts, cutOffSeconds };
}

/** @throws CorruptSourceError when there is no video, or none of it is in the file. */
export function movieTimeline(
  movie: Movie,
  source: ByteSource,
  name: string,
): { video: Track; media: Selection["media"]; starts: TimelineStarts } {
  const video = firstTrack(movie, "vide");
  if (!video) throw noVideo(movie, name);
  const media = knownRange(video, firstTrack(movie, "soun"), (i) => endOf(video, i) <= source.size);
  if (!media) throw new CorruptSourceError(name, `truncated: no frame lies in the file's ${source.size} bytes`);
  return { video, media, starts: timelineStarts(movie, media.startSeconds) };
}

/** @param videoSeconds start of the first frame that is shown */
export function timelineStarts({ tracks }: Pick<Movie, "tracks">, videoSeconds: number): TimelineStarts {
  const others = tracks.map((track) => presentedRange(track)?.startSeconds ?? videoSeconds);
  const video = tracks.find(({ handler, samples }) => handler === "vide" && samples.count > 0);
  const decoded = video && ((video.samples.dts[0] ?? 0) + video.edit.shift) / video.timescale;
  return {
    videoSeconds,
    firstSeconds: Math.min(videoSeconds, ...others),
    ...(decoded !== undefined && { decodedSeconds: decoded }),
  };
}

function noVideo(movie: Movie, name: string): CorruptSourceError {
  const kinds = new Set(movie.tracks.map((track) => track.handler));
  if (kinds.has("vide")) return new CorruptSourceError(name, "its video track holds no samples");
  return new CorruptSourceError(
    name,
    kinds.has("soun") ? "audio only: there is no video track" : "there is no video track",
  );
}

function selectVideo(
  video: Track,
  source: ByteSource,
  audio: Track | undefined,
  range: SliceRange,
): { first: number; last: number } | undefined {
  const { before, standing, first, last } = framesOf(video, audio, range);
  const wanted = standing ?? first;
  if (wanted === undefined) return undefined;
  const entry = randomAccessPointFor(video, wanted).index;
  // The frame before the range may be decoded behind those of the range, and stand by the renderer's rules: with it, as much as is
  // held before the range is all of it.
  const shown = before !== undefined && before > entry ? before : wanted;
  return withBothFields(video, source, { first: entry, last: Math.max(shown, wanted, last ?? wanted) });
}

/** Where a sample may be a field, the first one may be the second of its frame, and the last one may be the first of it. */
function withBothFields(
  video: Track,
  source: ByteSource,
  { first, last }: { first: number; last: number },
): { first: number; last: number } {
  if (!mayHoldFields(video)) return { first, last };
  const isAfterSync = first > 0 && video.samples.sync[first - 1] === 1;
  const isFollowed = last + 1 < video.samples.count && endOf(video, last + 1) <= source.size;
  return { first: isAfterSync ? first - 1 : first, last: isFollowed ? last + 1 : last };
}

interface Frames {
  /** The last frame before the range. */
  before: number | undefined;
  /** The frame before the range that is still shown where it begins, when no other starts soon. */
  standing: number | undefined;
  /** The frames that start in the range: the one presented first, and the last in decode order. */
  first: number | undefined;
  last: number | undefined;
  /** There is a frame before the range. */
  isPreceded: boolean;
  /** A frame starts where the range does, or an interval later at most, and no second. */
  startsSoon: boolean;
}

/** Which frames, by their samples, are shown in a range. */
export function framesOf(video: Track, audio: Track | undefined, range: SliceRange): Frames {
  const from = (range.fromSeconds - FRAME_TOLERANCE_SECONDS) * video.timescale;
  const to = (range.toSeconds - FRAME_TOLERANCE_SECONDS) * video.timescale;
  let [first, last, before, next]: (number | undefined)[] = [];
  const at = (index: number | undefined) => (index === undefined ? Number.NaN : presentationTicks(video, index));
  for (let i = Math.max(0, video.samples.sync.indexOf(1)); i < video.samples.count; i++) {
    if (!isPresented(video, i)) continue;
    const ticks = presentationTicks(video, i);
    // Of two frames at one time the first lasts no time.
    if (ticks < from) before = at(before) > ticks ? before : i;
    else if (ticks >= to) next = at(next) <= ticks ? next : i;
    else {
      first = at(first) <= ticks ? first : i;
      last = i;
    }
  }
  const own = at(before) + (video.samples.duration[before ?? 0] ?? 0);
  const endTicks = first === undefined && next === undefined ? own : at(first ?? next);
  const soon = Math.min(usualSeconds(video), LONG_SECONDS);
  const startsSoon = first !== undefined && at(first) / video.timescale - range.fromSeconds <= soon;
  const isPreceded = before !== undefined;
  // The range's start is a whole millisecond, the frame's end is not: one that ends there is not shown any more.
  const isShown = endTicks > (range.fromSeconds + FRAME_TOLERANCE_SECONDS) * video.timescale;
  const stands = isPreceded && isShown && !startsSoon && !isInHole(video, audio, range);
  return { before, standing: stands ? before : undefined, first, last, isPreceded, startsSoon };
}

function isInHole(video: Track, audio: Track | undefined, range: SliceRange): boolean {
  const { fromSeconds } = range;
  return holesIn(video, audio, range).some(
    ({ startSeconds, endSeconds }) => startSeconds <= fromSeconds && fromSeconds < endSeconds - FRAME_TOLERANCE_SECONDS,
  );
}

/** Some writers do not know how long their last frame stands, and write next to nothing. */
const NO_LENGTH_SECONDS = 0.001;

/** Only the whole table tells: with B-frames, the frame that follows in time may follow far behind in decode order. */
function besideFrames(video: Track, range: SliceRange): Beside {
  const from = (range.fromSeconds - FRAME_TOLERANCE_SECONDS) * video.timescale;
  const to = (range.toSeconds - FRAME_TOLERANCE_SECONDS) * video.timescale;
  let [previous, last, next] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  let frames = 0;
  let hasEmpty = false;
  for (let i = Math.max(0, video.samples.sync.indexOf(1)); i < video.samples.count; i++) {
    if (!isPresented(video, i)) continue;
    const ticks = presentationTicks(video, i);
    // Some writers put samples without bytes where they left a frame out; not all readers count them.
    if (video.samples.size[i] === 0) hasEmpty ||= ticks >= from && ticks < to;
    else if (ticks < from) previous = Math.max(previous, ticks);
    else if (ticks < to) {
      last = Math.max(last, ticks);
      frames++;
    } else next = Math.min(next, ticks);
  }
  const end = Math.min(next, (presentedRange(video)?.endSeconds ?? 0) * video.timescale);
  return {
    usualSeconds: usualSeconds(video),
    ...(!hasEmpty && { frames }),
    ...(Number.isFinite(previous) && { previousSeconds: previous / video.timescale }),
    ...((next === end || end - last > NO_LENGTH_SECONDS * video.timescale) && {
      lastEndSeconds: end / video.timescale,
    }),
  };
}

/** Presentation time of the first frame in the range that lies behind the file's end, seconds. */
function firstMissing(
  video: Track,
  { first, last }: { first: number; last: number },
  source: ByteSource,
  { toSeconds }: SliceRange,
): number | undefined {
  let least = Number.POSITIVE_INFINITY;
  for (let i = first; i <= last; i++) {
    if (endOf(video, i) > source.size) least = Math.min(least, presentationTicks(video, i) / video.timescale);
  }
  return least < toSeconds ? least : undefined;
}

function muxTrack(track: Track, source: ByteSource, first: number, last: number, zeroSeconds: number): MuxTrack {
  const zero = zeroSeconds * track.timescale;
  const start = presentationTicks(track, first) - zero;
  const { shift, from, to } = track.edit;
  const samples = samplesOf(track, source, first, last);
  return {
    ...track,
    descriptions: track.descriptions.map(({ entry }) => entry),
    samples,
    frameBytes: frameBytesOf(track, samples),
    edit: { shift: shift - zero, from: Math.max(0, start, from - zero), to: to - zero },
  };
}

/** Sizes and offsets come from the file: what is needed must be in it, and must not add up to more than it. */
function requireBytes(tracks: MuxTrack[], source: ByteSource, name: string): void {
  let total = 0;
  for (const sample of tracks.flatMap((track) => track.samples)) {
    const end = sample.offset + sample.size;
    if (end > source.size) {
      throw new CorruptSourceError(
        name,
        `truncated: a needed sample ends at byte ${end}, the file has ${source.size} bytes`,
      );
    }
    total += sample.size;
  }
  if (total > source.size) throw new CorruptSourceError(name, "its samples overlap: the index is broken");
}

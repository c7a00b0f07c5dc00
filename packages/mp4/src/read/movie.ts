import type { SampleDescription } from "./sample-description.ts";
import { spansOf } from "./spans.ts";

/** The model of an MP4's structure: ISO/IEC 14496-12, with one entry per sample in decode order. */
export interface Movie {
  /** Units per second of edit durations. */
  timescale: number;
  /** Absent when the file carries none (0). */
  creationTimeMs?: number;
  /** Some of its samples are described in movie fragments (moof). */
  fragmented: boolean;
  tracks: Track[];
}

export interface Track {
  id: number;
  /** Handler type: `vide`, `soun`, ... */
  handler: string;
  /** Units per second of sample times. */
  timescale: number;
  /** Packed ISO 639-2 code as in mdhd. */
  language: number;
  /** Clockwise, from the track header's matrix; `undefined` when the matrix is no plain rotation. */
  rotation: 0 | 90 | 180 | 270 | undefined;
  /** Raw 36 bytes of the track header's matrix, to be written back unchanged. */
  matrix: Uint8Array;
  /** Presentation size of the track header, 16.16 fixed point. */
  displayWidth: number;
  displayHeight: number;
  descriptions: SampleDescription[];
  /** Whole vmhd or smhd (or nmhd) box. */
  mediaHeader: Uint8Array;
  edit: Edit;
  samples: SampleTable;
  /** Known to have keyframes that are no IDR pictures, which an index does not show where no frame leads one. */
  openGops?: boolean;
  /** Known to be refreshed little by little: so many frames to which others refer lie between a sync sample and a picture that is whole. */
  recoveryFrames?: number;
}

/** The edit list, reduced to what it does to sample times. All in units of the track's timescale, with fractions. */
export interface Edit {
  /** Presentation time = decode time + composition offset + shift. */
  shift: number;
  /** Samples that are presented start at or after this presentation time; earlier ones are decoded only. */
  from: number;
  /** Samples at or after this presentation time are not presented. `Infinity` when the edit has no end. */
  to: number;
}

export interface SampleTable {
  count: number;
  /** Byte offset in the file. */
  offset: Float64Array;
  size: Uint32Array;
  /** Decode time and duration, units of the track's timescale. */
  dts: Float64Array;
  duration: Uint32Array;
  compositionOffset: Int32Array;
  /** 1 for sync samples. Not every one is an IDR picture: see isIdr. */
  sync: Uint8Array;
  /** Index into the track's descriptions, from 0. */
  description: Uint16Array;
}

/** The byte behind a sample. */
export function endOf(track: Track, index: number): number {
  return (track.samples.offset[index] ?? 0) + (track.samples.size[index] ?? 0);
}

/** Presentation time of a sample in units of the track's timescale. */
export function presentationTicks(track: Track, index: number): number {
  const { dts, compositionOffset } = track.samples;
  return (dts[index] ?? 0) + (compositionOffset[index] ?? 0) + track.edit.shift;
}

/** Presentation time of a sample in seconds on the file's timeline. */
export function presentationSeconds(track: Track, index: number): number {
  return presentationTicks(track, index) / track.timescale;
}

/** Half a unit of tolerance, because edit durations are rounded to the movie's timescale. */
export function isPresented(track: Track, index: number): boolean {
  const ticks = presentationTicks(track, index);
  return ticks >= track.edit.from - 0.5 && ticks < track.edit.to - 0.5;
}

/** Presentation times of the samples that are presented, ascending, seconds. */
export function presentedSeconds(track: Track): Float64Array {
  const times = new Float64Array(track.samples.count);
  let count = 0;
  for (let i = 0; i < times.length; i++) if (isPresented(track, i)) times[count++] = presentationSeconds(track, i);
  return times.subarray(0, count).sort();
}

/** Start of the first and end of the last presented sample (of those that `counts`), seconds. `undefined` when there is none. */
export function presentedRange(
  track: Track,
  counts: (index: number) => boolean = () => true,
): { startSeconds: number; endSeconds: number } | undefined {
  let start = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < track.samples.count; i++) {
    const ticks = presentationTicks(track, i);
    const ends = ticks + (track.samples.duration[i] ?? 0);
    if ((ticks >= start && ends <= end) || !isPresented(track, i) || !counts(i)) continue;
    if (ticks < start) start = ticks;
    if (ends > end) end = ends;
  }
  if (start > end) return undefined;
  return { startSeconds: start / track.timescale, endSeconds: Math.min(end, track.edit.to) / track.timescale };
}

/** The stretches in which samples follow each other, of a track whose samples are presented in their order; seconds. */
export function presentedSpans(track: Track): [fromSeconds: number, toSeconds: number][] {
  const starts = Float64Array.from(track.samples.dts, (_, i) => presentationTicks(track, i));
  const isPcm = track.descriptions[0]?.audio?.pcm !== undefined;
  return spansOf({ starts, durations: track.samples.duration, isPcm }, track.timescale, track.edit);
}

/**
 * A frame belongs to a range when its instant is half a millisecond before the start or later, same at the end: the ends are
 * whole milliseconds, frames are not.
 */
export const FRAME_TOLERANCE_SECONDS = 0.000_5;

/** Seconds that are computed in two ways differ by less, and frame intervals are longer. */
export const ROUNDING_SECONDS = 1e-6;

/** Between two times of one frame, seconds: more than rounding to any usual time scale, less than any frame interval. */
export const TIME_TOLERANCE_SECONDS = 0.000_6;

/**
 * The sample that a viewer sees at an instant: of those presented at it or before, the last.
 * @returns its index; `undefined` before the first one.
 */
export function shownAt(track: Track, seconds: number): number | undefined {
  const latest = (seconds + TIME_TOLERANCE_SECONDS) * track.timescale;
  let shown: number | undefined;
  for (let i = 0; i < track.samples.count; i++) {
    if (!isPresented(track, i) || presentationTicks(track, i) > latest) continue;
    if (shown === undefined || presentationTicks(track, i) > presentationTicks(track, shown)) shown = i;
  }
  return shown;
}

/** The first track of a kind that holds samples. */
export function firstTrack(movie: Movie, handler: "vide" | "soun"): Track | undefined {
  return movie.tracks.find((track) => track.handler === handler && track.samples.count > 0);
}

/** The one sample description that all samples of a track use. */
export function onlyDescription(track: Track): SampleDescription | undefined {
  const used = track.samples.description[0] ?? 0;
  return track.samples.description.every((index) => index === used) ? track.descriptions[used] : undefined;
}

/**
 * The sample from which decoding has to start for a frame to come out whole: the last sync sample that is presented no
 * later. Where GOPs are open, it may be no IDR picture, and after such a start decoders drop frames for as long as they
 * reorder: there it is the sync sample before that one. Where pictures are refreshed little by little, it lies as many frames
 * earlier as that takes.
 * @param wanted index of the frame's sample
 * @returns its index, and whether an earlier one would be better, but is not there
 */
export function randomAccessPointFor(track: Track, wanted: number): { index: number; tooLate: boolean } {
  const ticks = presentationTicks(track, wanted);
  const isSync = (index: number) => track.samples.sync[index] === 1;
  const isRecovered = (index: number) => framesInOrder(track, index, wanted) >= (track.recoveryFrames ?? 0);
  const isEntry = (index: number) => isSync(index) && presentationTicks(track, index) <= ticks && isRecovered(index);
  const first = Math.max(0, track.samples.sync.indexOf(1));
  let index = Math.max(first, wanted);
  // A leading picture is decoded after a keyframe and shown before it, but needs the one before that.
  while (index > first && !isEntry(index)) index--;
  if (!isOpen(track)) return { index, tooLate: !isEntry(index) };
  if (index === first) return { index, tooLate: true };
  do index--;
  while (index > first && !isSync(index));
  return { index, tooLate: false };
}

/** How many samples behind one, up to another, are shown later than all before: others refer to these. */
function framesInOrder(track: Track, from: number, to: number): number {
  let [count, latest] = [0, presentationTicks(track, from)];
  for (let i = from + 1; i <= to; i++) {
    const ticks = presentationTicks(track, i);
    if (ticks > latest) [count, latest] = [count + 1, ticks];
  }
  return count;
}

/** Whether any frames that follow a sync sample are presented before it; they follow it at once. */
export function isOpen(track: Track): boolean {
  if (track.openGops) return true;
  const { sync, count } = track.samples;
  for (let i = 0; i + 1 < count; i++) {
    if (sync[i] === 1 && sync[i + 1] !== 1 && presentationTicks(track, i + 1) < presentationTicks(track, i))
      return true;
  }
  return false;
}

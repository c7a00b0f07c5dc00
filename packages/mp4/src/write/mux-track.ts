import type { ByteSource } from "../io/byte-source.ts";
import type { Edit, Track } from "../read/movie.ts";
import { usualDuration } from "../read/spans.ts";

/** One sample on its way into a new file. Times in units of its track's timescale. */
export interface MuxSample {
  source: ByteSource;
  offset: number;
  size: number;
  dts: number;
  duration: number;
  compositionOffset: number;
  sync: boolean;
  /** Index into the track's descriptions, from 0. */
  description: number;
}

/** A track of a new file. `edit` says where its samples stand on the file's timeline, which starts at 0. */
export interface MuxTrack
  extends Pick<Track, "timescale" | "language" | "matrix" | "displayWidth" | "displayHeight" | "mediaHeader"> {
  handler: string;
  /** Whole sample entries. */
  descriptions: Uint8Array[];
  /** Of PCM, whose samples here are blocks of frames: the bytes of one, which the file's own samples are. */
  frameBytes?: number | undefined;
  edit: Edit;
  samples: MuxSample[];
}

/** Samples `first` to `last` (inclusive) of a track, to be taken from `source`. */
export function samplesOf(track: Track, source: ByteSource, first: number, last: number): MuxSample[] {
  const { samples } = track;
  return Array.from({ length: last - first + 1 }, (_, i) => ({
    source,
    offset: samples.offset[first + i] ?? 0,
    size: samples.size[first + i] ?? 0,
    dts: samples.dts[first + i] ?? 0,
    duration: samples.duration[first + i] ?? 0,
    compositionOffset: samples.compositionOffset[first + i] ?? 0,
    sync: samples.sync[first + i] === 1,
    description: samples.description[first + i] ?? 0,
  }));
}

/** Bytes of a PCM frame, when all samples are whole frames of one length; otherwise they are written as they are. */
export function frameBytesOf(track: Track, samples: readonly MuxSample[]): number | undefined {
  const bytes = track.descriptions[samples[0]?.description ?? 0]?.audio?.pcm?.frameBytes;
  if (bytes === undefined) return undefined;
  const whole = samples.every(({ size, duration, dts }, i) => {
    const frames = size / bytes;
    const end = samples[i + 1]?.dts ?? dts + duration;
    return (
      frames >= 1 &&
      Number.isInteger(frames) &&
      Number.isInteger(duration / frames) &&
      end >= dts + duration - duration / frames
    );
  });
  return whole ? bytes : undefined;
}

/**
 * The same track with decode times from 0, no negative composition offsets, which not every player reads, and no sample that lasts no
 * time: players hide one where the file ends with its start.
 */
export function normalized(track: MuxTrack): MuxTrack {
  const base = track.samples[0]?.dts ?? 0;
  let lowest = 0;
  let lastsNone = false;
  for (const { compositionOffset, duration } of track.samples) {
    lowest = Math.min(lowest, compositionOffset);
    lastsNone ||= duration === 0;
  }
  const usual = lastsNone ? usualStep(track.samples) : 0;
  const samples = track.samples.map((sample) => ({
    ...sample,
    duration: sample.duration || usual,
    dts: sample.dts - base,
    compositionOffset: sample.compositionOffset - lowest,
  }));
  return { ...track, samples, edit: { ...track.edit, shift: track.edit.shift + base + lowest } };
}

/** Units from one sample to the next, usually. */
function usualStep(samples: readonly MuxSample[]): number {
  const steps = samples.slice(1).map(({ dts }, i) => dts - (samples[i]?.dts ?? 0));
  return usualDuration(steps.filter((step) => step > 0)) || 1;
}

/** End of the sample that stands last, units of the timescale on the new file's timeline. */
export function presentationEnd(track: MuxTrack): number {
  let end = 0;
  for (const { dts, compositionOffset, duration } of track.samples) {
    end = Math.max(end, dts + compositionOffset + duration + track.edit.shift);
  }
  return Math.min(end, track.edit.to);
}

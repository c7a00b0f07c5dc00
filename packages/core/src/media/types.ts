import type { Gap, GapPolicy, Precision } from "@camclips/events";

/** Random access to the bytes of one recording. `end` is exclusive. Reads are retried inside; errors are final. */
export interface ByteSource {
  readonly size: number;
  read(start: number, end: number, signal?: AbortSignal): Promise<Uint8Array>;
  stream(start: number, end: number, signal?: AbortSignal): AsyncIterable<Uint8Array>;
}

/** The part of a recording that a clip needs, in seconds on the recording's presentation timeline. */
export interface SliceRange {
  fromSeconds: number;
  toSeconds: number;
  /**
   * The slice shows also the frames before `fromSeconds` that the recording's edit list hides: ffmpeg finds no frame by
   * its time in a file that starts with hidden ones.
   */
  showHidden?: boolean;
}

/** How the recording goes on around the frames of a range, in seconds on its own timeline. */
export interface Beside {
  /** Start of the frame before the first one. Absent when there is none. */
  previousSeconds?: number;
  /** End of the last one: where the next frame starts, or where the video ends. Absent when the index gives it no length. */
  lastEndSeconds?: number;
}

/** What a recording begins with, seconds on its own timeline. */
export interface TimelineStarts {
  /** The first frame that is shown. */
  videoSeconds: number;
  /** The first frame that is shown or sample that is heard, whichever comes first. */
  firstSeconds: number;
}

/** A small MP4 cut out of a recording without decoding; `chunks` streams it with bounded memory and may be read once. */
export interface Slice {
  method: "sliced" | "copied";
  /** Why the whole recording is copied; absent when sliced. */
  why?: string;
  /** Where the slice's presentation time 0 lies on the recording's timeline, seconds. */
  zeroSeconds: number;
  /** Video that the recording really holds, seconds on its own timeline (first frame's start, last frame's end). Absent when it cannot be known. */
  media?: { startSeconds: number; endSeconds: number };
  /** What the slice itself need not hold. Absent when it cannot be known. */
  beside?: Beside;
  /**
   * The file is cut off: its index has frames from here on, seconds on the recording's timeline, that the range needs and
   * whose bytes are missing. The slice ends before them. Absent when all that is needed is there.
   */
  cutOffSeconds?: number;
  /** Where the recording's own timeline begins. Absent when the recording is copied. */
  starts?: TimelineStarts;
  /** Exact size of what `chunks` yields. */
  bytes: number;
  chunks(signal?: AbortSignal): AsyncIterable<Uint8Array>;
}

/** One staged file and the part of the clip it supplies. Instants are epoch ms and may have fractions. */
export interface RenderSource {
  path: string;
  /** Wall-clock instant of the file's presentation time 0. */
  zeroMs: number;
  fromMs: number;
  toMs: number;
  /**
   * Around the frames of the part, which may be all that the file holds: start of the frame before the first one, and end
   * of the last one. Absent when unknown; then the file's own frames tell.
   */
  previousFrameMs?: number | undefined;
  lastFrameEndMs?: number | undefined;
}

export interface RenderJob {
  /** In time order, not overlapping. */
  sources: RenderSource[];
  startMs: number;
  endMs: number;
  gapPolicy: Exclude<GapPolicy, "REJECT">;
  /** Gaps up to this long between two sources are joins: the last frame stands until the next (no gap is reported). */
  joinToleranceMs: number;
  precision: Precision;
  output: string;
}

/** What was rendered, read back from the finished file by verification. */
export interface RenderReport {
  /** The way that was used; may differ from the one asked for. */
  precision: Precision;
  /** Why that way, in words a user understands. */
  why: string;
  bytes: number;
  durationMs: number;
  width: number;
  height: number;
  frames: number;
  encodedFrames: number;
  audio: boolean;
  /** Wall-clock parts of the request that the clip holds. */
  delivered: [startMs: number, endMs: number][];
  gaps: Gap[];
  /** First frame's instant minus `startMs`; last frame's end minus `endMs`. */
  startErrorMs: number;
  endErrorMs: number;
}

export interface ThumbnailJob {
  clip: string;
  atSeconds: number;
  /** One file per entry; `width: null` keeps the clip's own size. The file's extension chooses the format (jpg, png, webp). */
  outputs: { path: string; width: number | null }[];
}

/** `percent` runs from 0 to 100 over the whole job. */
export type OnProgress = (percent: number) => void;

export interface RenderOptions {
  /** An empty folder that only this job uses; everything temporary goes here. */
  scratch: string;
  signal?: AbortSignal;
  onProgress?: OnProgress;
}

/** What the render functions need from a media engine. Files in, files out; sha256 is computed by the caller while uploading. */
export interface MediaEngine {
  /** @throws CorruptSourceError when a source cannot be decoded, VerificationError when the result is not as planned. */
  renderClip(job: RenderJob, options: RenderOptions): Promise<RenderReport>;
  renderThumbnails(
    job: ThumbnailJob,
    options: RenderOptions,
  ): Promise<{ path: string; width: number; height: number }[]>;
}

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

/** The frames of a range, and how the recording goes on around them, in seconds on its own timeline. */
export interface Beside {
  /** Start of the frame before the first one. Absent when there is none. */
  previousSeconds?: number;
  /** End of the last one: where the next frame starts, or where the video ends. Absent when the index gives it no length. */
  lastEndSeconds?: number;
  /** From one frame to the next, as a rule: a slice may hold too few to tell. */
  usualSeconds: number;
  /** How many frames start in the range: the slice has to hold all of them. Absent where the file is cut off, or has samples without bytes there. */
  frames?: number;
}

/** A time without any frame of a recording, seconds on its own timeline. */
export interface Hole {
  startSeconds: number;
  endSeconds: number;
}

/** What a recording begins with, seconds on its own timeline. */
export interface TimelineStarts {
  /** The first frame that is shown. */
  videoSeconds: number;
  /** The first frame that is shown or sample that is heard, whichever comes first. */
  firstSeconds: number;
  /** When the first frame is decoded, where the index tells. */
  decodedSeconds?: number;
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
  /** Times around the range in which the recording was not going on: no frame starts for long, and there is no audio. */
  holes?: Hole[];
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

import type { AudioCoverage, Codec, Gap, GapPolicy, Precision, Quality } from "@camclips/events";

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
  /** By the recording's index: how many frames start in the part, and how far they usually are from each other. Absent when unknown. */
  frames?: number | undefined;
  usualFrameMs?: number | undefined;
  /** Parts of frames are missing in it: none is kept as it is, because only decoding tells which ones are whole. */
  lacksPackets?: boolean;
  /** Of which frames, by their times in the file: those that refer to them are not whole either. Decoders conceal much without a word. */
  brokenSeconds?: readonly number[];
  /** What the recording's audio is, by ffmpeg's name, where it cannot be decoded: the file may hold none of it. */
  lostAudio?: string;
}

/** What was found out about a recording while it was put into an MP4. */
export type Unwrapped = Required<Pick<RenderSource, "lacksPackets" | "brokenSeconds">> &
  Pick<RenderSource, "lostAudio">;

export interface RenderJob {
  /** In time order, not overlapping. */
  sources: RenderSource[];
  startMs: number;
  endMs: number;
  gapPolicy: Exclude<GapPolicy, "REJECT">;
  /** Gaps up to this long between two sources are joins: the last frame stands until the next (no gap is reported). */
  joinToleranceMs: number;
  precision: Precision;
  /** Absent: `usual`. */
  quality?: Quality | undefined;
  /** Puts the wall clock into the clip. */
  clock?: ClockLabel | undefined;
  /** Absent: `h264`. */
  codec?: Codec | undefined;
  output: string;
}

/** How the clock is written: in a zone (IANA name), with the camera's name. */
export interface ClockLabel {
  /** As a track of timed text, which changes no frame; or drawn into the pictures, all of which are encoded then. */
  way: "track" | "burned";
  zone: string;
  name: string;
}

/** A text of the clock, and when the clip shows it. */
export interface ClockCue {
  fromSeconds: number;
  toSeconds: number;
  text: string;
}

/** What was rendered, read back from the finished file by verification. */
export interface RenderReport {
  /** The way that was used; may differ from the one asked for. */
  precision: Precision;
  /** Why that way, in words a user understands. */
  why: string;
  bytes: number;
  /** Of the file, in lower-case hex; absent where ffmpeg wrote it. */
  sha256?: string;
  durationMs: number;
  width: number;
  height: number;
  frames: number;
  encodedFrames: number;
  audio: boolean;
  /** Which delivered parts have audio, and why the others have none. */
  audioCoverage: AudioCoverage;
  /** Wall-clock parts of the request that the clip holds. */
  delivered: [startMs: number, endMs: number][];
  gaps: Gap[];
  /** Where a frame stands because two or more of the camera's are missing, for less than a gap. */
  held: [startMs: number, endMs: number][];
  /** First frame's instant minus `startMs`; last frame's end minus `endMs`. */
  startErrorMs: number;
  endErrorMs: number;
  /** Where the clip's timeline and the wall clock meet: from each on, both run alike. */
  anchors: { seconds: number; wallMs: number }[];
  /** Of a clip with a clock as text. */
  clock?: ClockCue[];
  /** Its pictures show the clock. */
  clockBurned?: true;
}

export interface ThumbnailJob {
  clip: string;
  atSeconds: number;
  /** One file per entry; `width: null` keeps the clip's own size. The file's extension chooses the format (jpg, png, webp). */
  outputs: { path: string; width: number | null }[];
  preview?: PreviewJob | undefined;
}

/** Small pictures of the whole clip, made in the same run. */
export interface PreviewJob {
  /** An MP4 of keyframes of the clip, each at its instant in the clip. Absent: the clip shows none; the thumbnails' frame is taken. */
  keyframes?: string | undefined;
  /** A JPEG of tiles. */
  sprite: string;
  /** A WebP of three seconds. */
  animated?: string | undefined;
}

/** Where in the sprite which part of the clip is: each tile stands until the next. Seconds in the clip, pixels. */
export interface Storyboard {
  tiles: { fromSeconds: number; x: number; y: number }[];
  width: number;
  height: number;
  animated: boolean;
}

export interface Pictures {
  thumbnails: { path: string; width: number; height: number }[];
  /** Absent also when no keyframe can be decoded: thumbnails and clip do not depend on it. */
  storyboard?: Storyboard | undefined;
}

/** `percent` runs from 0 to 100 over the whole job. */
export type OnProgress = (percent: number) => void;

export interface RenderOptions {
  /** An empty folder that only this job uses; everything temporary goes here. */
  scratch: string;
  signal?: AbortSignal;
  onProgress?: OnProgress;
}

export interface UnwrapOptions extends RenderOptions {
  /** What is added to all times. */
  laterSeconds?: number;
}

/** What makes pictures of a clip. */
export interface PictureEngine {
  /** Of the program that decodes and encodes. */
  version(): Promise<string>;
  renderThumbnails(job: ThumbnailJob, options: RenderOptions): Promise<Pictures>;
}

export interface CutEngine {
  /** Of the program that decodes and encodes. */
  version(): Promise<string>;
  /**
   * @throws CorruptSourceError when a source cannot be decoded, NoFrameError when none holds a frame of the clip,
   * VerificationError when the result is not as planned.
   */
  renderClip(job: RenderJob, options: RenderOptions): Promise<RenderReport>;
  /** Copies a recording of another container into an MP4; undefined when that cannot hold it. */
  unwrap(input: string, output: string, options: UnwrapOptions): Promise<Unwrapped | undefined>;
}

/** What the render functions need from a media engine. Files in, files out; sha256 is computed by the caller while uploading. */
export interface MediaEngine extends PictureEngine, CutEngine {}

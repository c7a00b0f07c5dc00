/** How the file is laid out. `fragmented` has an index at its end (mfra), `fragmented-sidx` one after moov, `-bare` none. */
export type Container = "moov-first" | "moov-last" | "fragmented" | "fragmented-sidx" | "fragmented-bare";

export interface RecordingOptions {
  path: string;
  /** Wall-clock instant of the file's presentation time 0, epoch ms. */
  startMs: number;
  seconds: number;
  /** Even; default 160 x 90. */
  width?: number;
  height?: number;
  /** A number or a fraction such as "30000/1001"; default 25. */
  fps?: number | string;
  /** Frames from one keyframe to the next; default two seconds of them. */
  gop?: number;
  bFrames?: number;
  openGop?: boolean;
  /** Default true: bursts of a tone that mark whole seconds since `epochMs`, see readAudioOnsets. */
  audio?: boolean;
  codec?: "h264" | "hevc" | "mpeg4";
  /** Uneven frame intervals, and some frames left out. */
  vfr?: boolean;
  /** The times between which no frame starts: nothing moves, and the frame before stands. The audio goes on. */
  stillSeconds?: [after: number, before: number];
  container?: Container;
  /** Units per second of the video's times; default 90000. Many muxers write one unit a frame. */
  timescale?: number;
  /** Shown after the clock. */
  label?: string;
  /** Code of the first frame; default 0. */
  firstCode?: number;
  /** What the audio's pattern counts from; default `startMs`. Recordings of one camera share it. */
  epochMs?: number;
  /** Presentation time of the first frame and sample, for cameras whose files do not start at 0. */
  firstSeconds?: number;
  /** Clockwise turn that players apply. */
  rotate?: 0 | 90 | 180 | 270;
  /** Sample aspect ratio such as "4/3". */
  sampleAspect?: string;
  /** Bit rate of the video in kbit/s; default: constant quality. */
  kbps?: number;
  /** Further arguments for the video encoder. */
  encoder?: readonly string[];
  ffmpeg?: string;
  signal?: AbortSignal;
  onProgress?: (seconds: number) => void;
}

/** What one run of one way has to do; the parent process hands it to worker.ts. */
export interface Work {
  way: Way;
  /** Stop after the cut itself: sources are staged, the clip is written, and nobody reads it back. Fast clips only. */
  cutOnly: boolean;
  /** In time order. */
  recordings: { url: string; startMs: number; endMs: number }[];
  startMs: number;
  endMs: number;
  /** Empty; everything is written here. */
  folder: string;
  ffmpeg: string;
  threads: number;
}

export type Way = "old" | "exact" | "smart" | "fast";

export type Step = "fetch" | "render" | "thumbnails";

export interface Cost {
  cpuSeconds: number;
  wallSeconds: number;
}

export interface WorkDone {
  /** Of each step, children included. */
  steps: Record<Step, Cost>;
  clip: string;
  bytes: number;
  /** What was really used; differs from the way when a clip cannot be cut like that. */
  used: string;
  encodedFrames: number | undefined;
}

export const THUMBNAIL_WIDTHS = [300, 640, 1500, 3000];
/** Where in the clip the thumbnails are taken (contract, section 4). */
export const THUMBNAIL_PART = 0.25;

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

export const PEERS = ["concat", "losslesscut", "mediabunny", "smartcut"] as const;
export type Peer = (typeof PEERS)[number];
export type Way = "old" | "exact" | "smart" | "fast" | Peer;

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

/** What a recording holds of the clip, on its own timeline. */
export function partOf(
  { recordings, startMs, endMs }: Work,
  index: number,
): { fromSeconds: number; toSeconds: number } {
  const recording = recordings[index];
  if (!recording) throw new RangeError(`there is no recording ${index}`);
  return {
    fromSeconds: (Math.max(startMs, recording.startMs) - recording.startMs) / 1000,
    toSeconds: (Math.min(endMs, recording.endMs) - recording.startMs) / 1000,
  };
}

import * as z from "zod/mini";

/**
 * What is found out about a clip on its way, to be signed at the end: where its bytes come from and which of its frames were
 * made. Hashes are SHA-256 in base64url; `start` and `end` are bytes, `[start, end)`.
 */

const sha256 = z.string().check(z.regex(/^[\w-]{43}$/));
const bytes = { start: z.int().check(z.nonnegative()), end: z.int().check(z.nonnegative()), sha256 };

/** Bytes of a recording that were read for the clip: its index, and the samples around the range. */
export const readRange = z.object(bytes);
export type ReadRange = z.infer<typeof readRange>;

/** One version of a recording, as far as it was read. */
export const readSource = z.object({
  /** Object key in the origin bucket. */
  key: z.string(),
  etag: z.string(),
  bytes: z.int().check(z.nonnegative()),
  /** Wall-clock instant of the recording's presentation time 0, as it was taken to be. */
  zeroMs: z.number(),
  ranges: z.array(readRange),
});
export type ReadSource = z.infer<typeof readSource>;

/** A stretch of the finished file; they follow each other from its first byte to its last. */
export const clipPiece = z.object({
  ...bytes,
  /** What is shown and heard by these bytes, seconds of the clip. Absent: the index. */
  seconds: z.optional(z.tuple([z.number(), z.number()])),
});
export type ClipPiece = z.infer<typeof clipPiece>;

/** Frames of the clip, in the order in which they are shown: `from` to `to - 1`. */
export const frameRun = z.object({
  from: z.int().check(z.nonnegative()),
  to: z.int().check(z.positive()),
  /** `copied`: the recording's own bytes, every one; `encoded`: made anew of its pictures, or of black. */
  made: z.enum(["copied", "encoded"]),
  /** Which of the sources they are copied from. */
  source: z.optional(z.int().check(z.nonnegative())),
  /** Wall clock of the first frame's start and of the last one's end. */
  startMs: z.number(),
  endMs: z.number(),
});
export type FrameRun = z.infer<typeof frameRun>;

/** Which instant a second of the clip shows: from `atSeconds` on, `startMs` and later. Where a gap was closed, another one starts. */
export const clockStart = z.object({ atSeconds: z.number(), startMs: z.number() });
export type ClockStart = z.infer<typeof clockStart>;

export const findings = z.object({
  sources: z.array(readSource),
  pieces: z.array(clipPiece),
  frames: z.array(frameRun),
  clock: z.array(clockStart),
  /** The version of the program that decoded and encoded. */
  ffmpeg: z.string(),
});
export type Findings = z.infer<typeof findings>;

/** The signed manifest beside a clip. */
export const evidence = z.object({
  key: z.string(),
  /** Which key signed it. */
  kid: z.string(),
});
export type Evidence = z.infer<typeof evidence>;

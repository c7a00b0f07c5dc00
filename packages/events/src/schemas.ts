import { en } from "zod/locales";
import * as z from "zod/mini";
import { readSource } from "./evidence.ts";

// What is wrong with a value, in words: `zod/mini` brings none by itself.
z.config(en());

/**
 * The values that events carry. Instants are epoch milliseconds (fields end in `Ms`) or ISO 8601 strings (fields end in
 * `At`); an interval is `[start, end)`.
 */

/** The longest name of a file on usual disks is 255 bytes, endings included. */
const MAX_ID_BYTES = 200;
const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

/**
 * Ids name objects and files, and are a segment of URLs, where they are encoded: whatever a caller calls a camera or a clip
 * is let in, but what would end or leave a segment, or could not be read on a terminal. UUIDs derived from them name schedules.
 */
export const id = z.string().check(
  z.regex(
    /^(?!\.)[^/\\\p{Cc}\p{Cs}\p{Zl}\p{Zp}]{1,128}$/u,
    "must be 1 to 128 letters, digits and other characters without '/', '\\' and control characters, not starting with a dot",
  ),
  z.refine(
    (text) => bytesOf(text) + 2 * bytesOf(text.replace(/[\p{L}\p{M}\p{N}._-]/gu, "")) <= MAX_ID_BYTES,
    `must be at most ${MAX_ID_BYTES} bytes long, where those of others than letters and digits count three times`,
  ),
);

/** A group's notification says of each what became of it, and SNS takes 256 kB. */
export const MOST_ITEMS = 100;

/** Names a group of clips. Its items that have no name of their own are called after it, with their number. */
export const groupId = id.check(
  z.refine((text) => id.safeParse(`${text}.${MOST_ITEMS}`).success, "is too long for a group"),
);

const instantMs = z.int();
const durationMs = z.number().check(z.nonnegative());

export const interval = z.tuple([instantMs, instantMs]);
export type Interval = [startMs: number, endMs: number];

export const gapPolicy = z.enum(["SKIP_GAPS", "FILL_WITH_BLACK", "HOLD_LAST_FRAME", "REJECT"]);
export type GapPolicy = z.infer<typeof gapPolicy>;

/**
 * How a clip is cut: `smart` re-encodes the few frames before the first keyframe, `exact` all, `fast` none. A `fast` clip
 * starts at its frame through an edit list; players that ignore edit lists, Firefox among them, start at the keyframe before.
 */
export const precision = z.enum(["smart", "exact", "fast"]);
export type Precision = z.infer<typeof precision>;

/**
 * Of clips whose frames are mostly encoded: `draft` takes 0.6 times the processor time of `usual`, is a little less sharp, and
 * has up to 1.7 times the bytes.
 */
export const quality = z.enum(["usual", "draft"]);
export type Quality = z.infer<typeof quality>;
export const codec = z.enum(["h264", "source"]);
export type Codec = z.infer<typeof codec>;

/** How soon a clip is wanted, beside others: each but `normal` has a lane of its own (docs/scale.md). */
export const priority = z.enum(["low", "normal", "high"]);
export type Priority = z.infer<typeof priority>;

/** Way of a clip through the stages that have several queues: absent for the usual one. */
export const lane = z.enum(["low", "high"]);
export type Lane = z.infer<typeof lane>;

/**
 * Small pictures of the whole clip, made of its keyframes: `storyboard` is a picture of many tiles with a WebVTT track that
 * players show over their bar; `animated` has that, and a moving picture of three seconds.
 */
export const preview = z.enum(["none", "storyboard", "animated"]);
export type Preview = z.infer<typeof preview>;

/** Whether a link comes with the clip that needs no other right, and expires. */
export const link = z.enum(["none", "signed"]);

/**
 * Whether a clip carries the wall clock: `track` is timed text, which players show as subtitles, and changes no frame; `burned`
 * is drawn into the pictures, all of which are encoded again.
 */
export const clock = z.enum(["none", "track", "burned"]);
export type ClockChoice = z.infer<typeof clock>;

/** Statuses of requests that are decided without a clip. */
export const rejectedStatus = z.enum([
  "CLIP_NOT_AVAILABLE",
  "CLIP_OUT_OF_RANGE",
  "CLIP_TOO_LONG",
  "CLIP_RETRY_TIMEOUT",
  "CLIP_CANCELLED",
  "FATAL_ERROR",
]);
export const terminalStatus = z.enum(["CLIP_AVAILABLE", ...rejectedStatus.options]);
export const status = z.enum(["CLIP_AVAILABLE", "CLIP_PENDING", ...rejectedStatus.options]);
export type Status = z.infer<typeof status>;

/** How a group ended, all its items being decided: all of its clips are available, some, or none. */
export const groupStatus = z.enum(["GROUP_AVAILABLE", "GROUP_PARTLY_AVAILABLE", "GROUP_NOT_AVAILABLE"]);
export type GroupStatus = z.infer<typeof groupStatus>;

/** Why a clip has a status other than CLIP_AVAILABLE. A closed list: docs/reasons.md explains each. */
export const reason = z.enum([
  "RECORDING_NOT_YET_AVAILABLE",
  "PARTIAL_COVERAGE_WAITING",
  "FUTURE_RANGE",
  "CAMERA_SERVICE_UNAVAILABLE",
  "NO_FOOTAGE",
  "GAP_FINAL",
  "SOURCE_DELETED",
  "BEFORE_RETENTION",
  "CLIP_TOO_LONG",
  "INVALID_REQUEST",
  "ALREADY_DELIVERED",
  "CANCELLED",
  "OVERLOADED",
  "UNKNOWN_CAMERA",
  "CORRUPT_SOURCE",
  "VERIFY_FAILED",
  "SIGNING_FAILED",
  "STALLED",
  "INTERNAL",
]);
export type Reason = z.infer<typeof reason>;

/** Why a part of the requested range is not in the clip. */
export const gapCause = z.enum(["NOT_RECORDED", "SOURCE_DELETED", "CORRUPT_SOURCE"]);
export const gap = z.object({ startMs: z.number(), endMs: z.number(), cause: gapCause });
export type GapCause = z.infer<typeof gapCause>;
export type Gap = z.infer<typeof gap>;

/** Of a segment without a header of its own: the object key of that. */
const initKey = z.optional(z.string());

/** A recording and its wall-clock interval, by its name and its list. */
export const footage = z.object({ key: z.string(), startMs: z.number(), endMs: z.number(), initKey });

/** A recording as the camera service lists it, and the part of the clip it should supply. */
export const locatedSource = z.object({
  /** Object key in the origin bucket. */
  key: z.string(),
  /** Wall-clock interval of the whole recording. */
  startMs: instantMs,
  endMs: instantMs,
  /** The part this source supplies. */
  fromMs: instantMs,
  toMs: instantMs,
  initKey,
});
export type LocatedSource = z.infer<typeof locatedSource>;

/**
 * A source in the work bucket: a small MP4 that starts at the keyframe at or before `fromMs`, such a part of another container,
 * or the whole recording.
 */
export const stagedSource = z.object({
  /** Object key in the work bucket. */
  key: z.string(),
  originKey: z.string(),
  bytes: z.int().check(z.nonnegative()),
  /** `sliced`: only the needed samples were read; `copied`: the whole recording, because `why`. */
  method: z.enum(["sliced", "copied"]),
  why: z.optional(z.string()),
  /** Of a part that was sliced out of another container than MP4, and is one. */
  container: z.optional(z.enum(["mpegts", "matroska"])),
  /** Wall-clock instant of the staged file's presentation time 0; not always a whole millisecond. */
  zeroMs: z.number(),
  /** The part this source supplies, after looking at the frames that are really there. */
  fromMs: z.number(),
  toMs: z.number(),
  /** Start of the recording's frame before the part, and end of the part's last frame: a slice need not hold what tells. */
  previousFrameMs: z.optional(z.number()),
  lastFrameEndMs: z.optional(z.number()),
  /** By the recording's index: how many frames start in the part, and how far they usually are from each other. */
  frames: z.optional(z.int().check(z.nonnegative())),
  usualFrameMs: z.optional(z.number()),
  /** What reading it cost at the origin bucket. */
  fetched: z.object({ bytes: z.int().check(z.nonnegative()), requests: z.int().check(z.nonnegative()) }),
  /** Where clips are signed: what was read of the recording. */
  read: z.optional(readSource),
});
export type StagedSource = z.infer<typeof stagedSource>;

/** Why a delivered part is silent: no audio was recorded, it is in a `format` that cannot be decoded, or it is broken. */
export const silenceCause = z.enum(["NOT_RECORDED", "UNSUPPORTED_FORMAT", "CORRUPT_SOURCE"]);
export const audioCoverageOf = z.object({
  /** The delivered parts that have audio. */
  delivered: z.array(z.tuple([z.number(), z.number()])),
  silent: z.array(
    z.object({
      startMs: z.number(),
      endMs: z.number(),
      cause: silenceCause,
      format: z.optional(z.string().check(z.maxLength(64))),
    }),
  ),
});
export type AudioCoverage = z.infer<typeof audioCoverageOf>;

/** What was asked for against what the clip holds. Errors are signed: delivered minus requested, ms. */
export const coverage = z.object({
  requested: interval,
  delivered: z.array(z.tuple([z.number(), z.number()])),
  gaps: z.array(gap),
  /** Where a frame stands because two or more of the camera's are missing, for less than a gap. */
  held: z.optional(z.array(z.tuple([z.number(), z.number()]))),
  startErrorMs: z.number(),
  endErrorMs: z.number(),
  /** Of a clip that is delivered. */
  audio: z.optional(audioCoverageOf),
});
export type Coverage = z.infer<typeof coverage>;

const storedFile = z.object({ key: z.string(), bytes: z.int().check(z.positive()) });

/** A clip file that was verified after rendering. */
export const renderedClip = z.object({
  key: z.string(),
  bytes: z.int().check(z.positive()),
  sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  durationMs,
  width: z.int().check(z.positive()),
  height: z.int().check(z.positive()),
  frames: z.int().check(z.positive()),
  encodedFrames: z.int().check(z.nonnegative()),
  audio: z.boolean(),
  /** Which way of cutting was used, and why that one. */
  precision: precision,
  why: z.string(),
  /** WebVTT beside the clip with what its clock says, for browsers, which read no text tracks of MP4 files. */
  clock: z.optional(storedFile),
  /** Its pictures show the clock, in a box in the lower left corner, instead of what the recording shows there. */
  clockBurned: z.optional(z.literal(true)),
});
export type RenderedClip = z.infer<typeof renderedClip>;

export const thumbnail = z.object({
  key: z.string(),
  width: z.int().check(z.positive()),
  bytes: z.int().check(z.positive()),
});
export type Thumbnail = z.infer<typeof thumbnail>;

/** The files of a preview. */
export const previewFiles = z.object({
  /** WebVTT: which tile of the sprite belongs to which part of the clip. */
  storyboard: storedFile,
  /** JPEG. */
  sprite: z.extend(storedFile, { tiles: z.int().check(z.positive()) }),
  /** WebP. */
  animated: z.optional(storedFile),
});
export type PreviewFiles = z.infer<typeof previewFiles>;

/** One item of a group that was taken up. */
export const groupItem = z.object({
  clipId: id,
  cameraId: z.string(),
  startMs: z.nullable(z.number()),
  endMs: z.nullable(z.number()),
  /** Names the request, and so the terminal status. */
  requestKey: z.uuid(),
  /** The clip was asked for before, outside of the group: what becomes of it leads to no look at this group. */
  isOlder: z.boolean(),
});
export type GroupItem = z.infer<typeof groupItem>;

/** What became of an item, in the contract's words (section 7). */
export const groupResult = z.object({
  clipId: id,
  cameraId: z.string(),
  startTimestampInMs: z.nullable(z.number()),
  endTimestampInMs: z.nullable(z.number()),
  status,
  reason: z.optional(reason),
  message: z.optional(z.string()),
  clip: z.optional(z.object({ url: z.string(), key: z.string(), sha256: z.string(), bytes: z.int() })),
});
export type GroupResult = z.infer<typeof groupResult>;

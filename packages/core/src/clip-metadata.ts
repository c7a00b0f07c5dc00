import type {
  AnswerableRequest,
  ClipRequest,
  Coverage,
  Evidence,
  Interval,
  PreviewFiles,
  Reason,
  RenderedClip,
  Settings,
  Status,
} from "@camclips/events";
import { firstSentMs } from "./decide.ts";
import { clipKey } from "./keys.ts";
import type { ClipLink } from "./ports.ts";

export type MetadataSettings = Pick<Settings, "CLIP_URL" | "THUMBNAIL_SIZES" | "THUMBNAIL_FORMAT">;

/** The contract's clip metadata (sections 5 and 7): what PUT and SNS carry. */
export type ClipMetadata = Record<string, unknown> & { clipId: string; cameraId: string; status: Status };

/** Whether asking again later, with a new clipId, may bring a clip. */
const RETRYABLE: Record<Reason, boolean> = {
  RECORDING_NOT_YET_AVAILABLE: true,
  PARTIAL_COVERAGE_WAITING: true,
  FUTURE_RANGE: true,
  CAMERA_SERVICE_UNAVAILABLE: true,
  NO_FOOTAGE: false,
  GAP_FINAL: false,
  SOURCE_DELETED: false,
  BEFORE_RETENTION: false,
  CLIP_TOO_LONG: false,
  INVALID_REQUEST: false,
  ALREADY_DELIVERED: false,
  CANCELLED: true,
  OVERLOADED: true,
  UNKNOWN_CAMERA: false,
  CORRUPT_SOURCE: false,
  VERIFY_FAILED: true,
  SIGNING_FAILED: true,
  STALLED: true,
  INTERNAL: true,
};

/** SQS keeps a message for 14 days: one that was sent earlier was saved and is sent again, and its time in the queue is not known. */
const LONGEST_IN_QUEUE_MS = 14 * 24 * 3600_000;

export interface Finished {
  clip: RenderedClip;
  coverage: Coverage;
  preview?: PreviewFiles | undefined;
  evidence?: Evidence | undefined;
  /** The clip that it is a copy of. */
  reusedFrom?: string | undefined;
  link?: ClipLink | undefined;
  /** When the pipeline took up the message that led to this. */
  takenUpMs: number;
  /** When the last file was ready. */
  finishedMs: number;
}

export function availableMetadata(
  request: ClipRequest,
  { clip, coverage, preview, evidence, reusedFrom, link, takenUpMs, finishedMs }: Finished,
  bucket: string,
  settings: MetadataSettings,
): ClipMetadata {
  const workMs = Math.max(1, finishedMs - takenUpMs);
  const queuedMs = Math.max(0, takenUpMs - request.sentMs);
  const objects = objectsOf(request, bucket, settings);
  return {
    ...identity(request, "CLIP_AVAILABLE"),
    ...objects,
    clip: {
      ...objects.clip,
      sha256: clip.sha256,
      bytes: clip.bytes,
      durationMs: clip.durationMs,
      frames: clip.frames,
      precision: clip.precision,
    },
    retryTimestamps: request.retryTimestamps,
    coverage: told(coverage),
    ...(clip.clock && { clock: placeOf(clip.clock, settings) }),
    ...(preview && { preview: toldPreview(preview, settings) }),
    ...(link && { signedUrl: link.url, signedUrlExpiresAt: link.expiresAt }),
    ...(evidence && { evidence: toldEvidence(evidence, settings) }),
    ...(reusedFrom !== undefined && { reusedFrom }),
    // Footage was missing from the first attempt to this one; then this one's message lay in the queue.
    waitMs: Math.max(0, request.sentMs - firstSentMs(request)),
    ...(queuedMs <= LONGEST_IN_QUEUE_MS && { queuedMs }),
    workMs,
    realtimeFactor: Number((clip.durationMs / workMs).toFixed(3)),
  };
}

export interface Pending {
  reason: Reason;
  missing: Interval[];
  nextAttemptMs: number;
  deadlineAt: string;
}

/** `retryTimestamps` already holds this attempt, as the next one will be sent with it. */
export function pendingMetadata(
  request: ClipRequest,
  pending: Pending,
  bucket: string,
  settings: MetadataSettings,
): ClipMetadata {
  return {
    ...identity(request, "CLIP_PENDING"),
    ...objectsOf(request, bucket, settings),
    retryTimestamps: [...request.retryTimestamps, request.sentMs],
    ...explanation(pending.reason),
    attempt: request.retryTimestamps.length + 1,
    nextAttemptAt: new Date(pending.nextAttemptMs).toISOString(),
    deadlineAt: pending.deadlineAt,
    missing: pending.missing,
  };
}

export interface Refusal {
  status: Exclude<Status, "CLIP_AVAILABLE" | "CLIP_PENDING">;
  reason: Reason;
  message: string;
  coverage?: Coverage | undefined;
  retryAfterSeconds?: number | undefined;
}

export function refusedMetadata(
  request: AnswerableRequest,
  { status, reason, message, coverage, retryAfterSeconds }: Refusal,
): ClipMetadata {
  return {
    ...identity(request, status),
    thumbnail: { sizes: [] },
    retryTimestamps: request.retryTimestamps,
    ...explanation(reason),
    message,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    ...(coverage && { coverage: told(coverage) }),
  };
}

function identity({ clipId, cameraId, startMs, endMs, groupId }: AnswerableRequest, status: Status) {
  const range = { startTimestampInMs: startMs, endTimestampInMs: endMs };
  return { clipId, cameraId, ...range, status, ...(groupId !== undefined && { groupId }) };
}

/** Where the files of a preview are, as the clip's own place is told. */
function toldPreview({ storyboard, sprite, animated }: PreviewFiles, settings: MetadataSettings) {
  const place = (file: { key: string }) => placeOf(file, settings);
  return { storyboard: place(storyboard), sprite: place(sprite), ...(animated && { animated: place(animated) }) };
}

const placeOf = ({ key }: { key: string }, { CLIP_URL }: MetadataSettings) => ({
  url: urlOf(key, CLIP_URL),
  key: `/${key}`,
});

const urlOf = (key: string, base: string): string => `${base}/${key.split("/").map(encodeURIComponent).join("/")}`;

/** Gaps in the contract's words (section 7). */
function told({ gaps, audio, ...coverage }: Coverage) {
  return {
    ...coverage,
    gaps: gaps.map(renamed),
    ...(audio && { audio: { delivered: audio.delivered, silent: audio.silent.map(renamed) } }),
  };
}

const renamed = <T extends { startMs: number; endMs: number }>({ startMs, endMs, ...rest }: T) => ({
  start: startMs,
  end: endMs,
  ...rest,
});

const explanation = (reason: Reason) => ({ reason, retryable: RETRYABLE[reason] });

function toldEvidence({ key, kid }: Evidence, { CLIP_URL }: MetadataSettings) {
  return { url: `${CLIP_URL}/${key.split("/").map(encodeURIComponent).join("/")}`, key: `/${key}`, kid };
}

/** `{size}` stays literal, and keys keep their leading slash: callers fill in and strip. */
function objectsOf({ cameraId, clipId }: ClipRequest, bucket: string, settings: MetadataSettings) {
  const clip = clipKey(cameraId, clipId);
  const named = `_{size}.${settings.THUMBNAIL_FORMAT}`;
  const base = clip.slice(0, -".mp4".length);
  const url = urlOf(base, settings.CLIP_URL);
  return {
    bucket,
    clip: { url: `${url}.mp4`, key: `/${clip}` },
    thumbnail: { url: `${url}${named}`, key: `/${base}${named}`, sizes: settings.THUMBNAIL_SIZES },
  };
}

import type { ClipRequest } from "./request.ts";
import type {
  Coverage,
  GroupItem,
  GroupResult,
  LocatedSource,
  RenderedClip,
  StagedSource,
  Thumbnail,
} from "./schemas.ts";

/** What the samples of the catalogue are made of. */

/** The contract's sample (section 1): a minute, asked for 77 s after it ended. */
export const request: ClipRequest = {
  clipId: "507f191e810c19729de860ea",
  cameraId: "583499c4e411dc743a5d5296",
  startMs: 1_537_119_363_000,
  endMs: 1_537_119_423_000,
  retryTimestamps: [],
  gapPolicy: "SKIP_GAPS",
  sentMs: 1_537_119_500_000,
};

const { startMs, endMs } = request;

export const located: LocatedSource = {
  key: "test.stream.20180916T173602000.mp4",
  startMs: startMs - 1000,
  endMs: endMs + 1000,
  fromMs: startMs,
  toMs: endMs,
};

export const staged: StagedSource = {
  key: "sources/x/0.mp4",
  originKey: located.key,
  bytes: 10,
  method: "sliced",
  zeroMs: located.startMs,
  fromMs: startMs,
  toMs: endMs,
  fetched: { bytes: 10, requests: 2 },
};

export const clip: RenderedClip = {
  key: `${request.cameraId}/${request.clipId}.mp4`,
  bytes: 1000,
  sha256: "a".repeat(64),
  durationMs: 60_000,
  width: 320,
  height: 180,
  frames: 1500,
  encodedFrames: 12,
  audio: true,
  precision: "smart",
  why: "the default",
};

export const whole: Coverage = {
  requested: [startMs, endMs],
  delivered: [[startMs, endMs]],
  gaps: [],
  startErrorMs: 0,
  endErrorMs: 0,
};

export const picture: Thumbnail = { key: `${request.cameraId}/${request.clipId}_300.jpg`, width: 300, bytes: 20 };

const { clipId, cameraId } = request;

export const groupItems: GroupItem[] = [
  { clipId, cameraId, startMs, endMs, requestKey: "0b7f8f0e-1c1d-8a2b-8c3d-0123456789ab", isOlder: false },
];

export const groupResults: GroupResult[] = [
  {
    clipId,
    cameraId,
    startTimestampInMs: startMs,
    endTimestampInMs: endMs,
    status: "CLIP_AVAILABLE",
    clip: { url: `https://clips.test.com/${clip.key}`, key: `/${clip.key}`, sha256: clip.sha256, bytes: clip.bytes },
  },
];

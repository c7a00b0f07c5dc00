import type {
  AnyFact,
  ClipRequest,
  Coverage,
  GroupItem,
  GroupResult,
  LocatedSource,
  RenderedClip,
  StagedSource,
  Thumbnail,
} from "@camclips/events";

/** The contract's sample (section 1): a minute, asked for 77 s after it ended. */
const request: ClipRequest = {
  clipId: "507f191e810c19729de860ea",
  cameraId: "583499c4e411dc743a5d5296",
  startMs: 1_537_119_363_000,
  endMs: 1_537_119_423_000,
  retryTimestamps: [],
  gapPolicy: "SKIP_GAPS",
  sentMs: 1_537_119_500_000,
};

const { startMs, endMs } = request;

const located: LocatedSource = {
  key: "test.stream.20180916T173602000.mp4",
  startMs: startMs - 1000,
  endMs: endMs + 1000,
  fromMs: startMs,
  toMs: endMs,
};

const staged: StagedSource = {
  key: "sources/x.y-0.mp4",
  originKey: located.key,
  bytes: 10,
  method: "sliced",
  zeroMs: located.startMs,
  fromMs: startMs,
  toMs: endMs,
  fetched: { bytes: 10, requests: 2 },
};

const clip: RenderedClip = {
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

const whole: Coverage = {
  requested: [startMs, endMs],
  delivered: [[startMs, endMs]],
  gaps: [],
  startErrorMs: 0,
  endErrorMs: 0,
};

const picture: Thumbnail = { key: `${request.cameraId}/${request.clipId}_300.jpg`, width: 300, bytes: 20 };

const { clipId, cameraId } = request;

const groupItems: GroupItem[] = [
  { clipId, cameraId, startMs, endMs, requestKey: "0b7f8f0e-1c1d-8a2b-8c3d-0123456789ab", isOlder: false },
];

const groupResults: GroupResult[] = [
  {
    clipId,
    cameraId,
    startTimestampInMs: startMs,
    endTimestampInMs: endMs,
    status: "CLIP_AVAILABLE",
    clip: { url: `https://clips.test.com/${clip.key}`, key: `/${clip.key}`, sha256: clip.sha256, bytes: clip.bytes },
  },
];

/** Data of every event as they might be. */
export const samples: { [Type in AnyFact["type"]]: Extract<AnyFact, { type: Type }>["data"] } = {
  RequestAccepted: { request },
  SourcesLocated: { request, alias: "test", sources: [located], gaps: [] },
  SourcesDownloaded: { request, sources: [staged], gaps: [] },
  ClipRendered: { request, clip, coverage: whole },
  ThumbnailsRendered: { request, clip, coverage: whole, thumbnails: [picture] },
  ClipPublished: { status: "CLIP_AVAILABLE", clipMetadata: { clipId: request.clipId }, notified: true },
  SourcesPending: {
    request,
    reason: "RECORDING_NOT_YET_AVAILABLE",
    missing: [[request.startMs, request.endMs]],
    nextAttemptMs: request.sentMs + 60_000,
  },
  ClipRejected: { request, status: "CLIP_TOO_LONG", reason: "CLIP_TOO_LONG", message: "too long", conflict: false },
  ClipFailed: { request, stage: "render-clip", reason: "INTERNAL", message: "broke" },
  GroupAccepted: { groupId: "incident-7", items: groupItems },
  GroupCompleted: { groupId: "incident-7", status: "GROUP_AVAILABLE", items: groupResults },
};

import type { AnyEvent, AnyFact } from "../../events/src/catalog.ts";
import { firstEvent } from "../../events/src/define.ts";
import type { Rerun } from "../../events/src/metadata.ts";
import type { ClipRequest, RenderedClip } from "../../events/src/values.ts";

/** Sample values for the tests of this package. Not part of the product. */

export const SAMPLE_NOW = "2026-11-23T12:00:00.000Z";

/** The contract's sample (section 1): a minute, asked for 77 s after it ended. */
export const sampleRequest: ClipRequest = {
  clipId: "507f191e810c19729de860ea",
  cameraId: "583499c4e411dc743a5d5296",
  startMs: 1_537_119_363_000,
  endMs: 1_537_119_423_000,
  retryTimestamps: [],
  gapPolicy: "SKIP_GAPS",
  sentMs: 1_537_119_500_000,
};

const clip: RenderedClip = {
  key: "583499c4e411dc743a5d5296/507f191e810c19729de860ea.mp4",
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
const coverage = {
  requested: [sampleRequest.startMs, sampleRequest.endMs] as [number, number],
  delivered: [[sampleRequest.startMs, sampleRequest.endMs]] as [number, number][],
  gaps: [],
  startErrorMs: 0,
  endErrorMs: 0,
};
const part = {
  startMs: sampleRequest.startMs - 1000,
  endMs: sampleRequest.endMs + 1000,
  fromMs: sampleRequest.startMs,
  toMs: sampleRequest.endMs,
};
const request = sampleRequest;

/** One fact of every type in the catalogue. */
export const sampleData: { [Type in AnyFact["type"]]: Extract<AnyFact, { type: Type }>["data"] } = {
  RequestAccepted: { request },
  SourcesLocated: { request, alias: "test", sources: [{ key: "a.mp4", ...part }], gaps: [] },
  SourcesDownloaded: {
    request,
    sources: [
      {
        key: "sources/x/0.mp4",
        originKey: "a.mp4",
        bytes: 10,
        method: "sliced",
        zeroMs: part.startMs,
        fromMs: part.fromMs,
        toMs: part.toMs,
        fetched: { bytes: 10, requests: 2 },
      },
    ],
    gaps: [],
  },
  ClipRendered: { request, clip, coverage },
  ThumbnailsRendered: { request, clip, coverage, thumbnails: [{ key: "c/x_300.jpg", width: 300, bytes: 20 }] },
  ClipPublished: { status: "CLIP_AVAILABLE", clipMetadata: { clipId: request.clipId }, notified: true },
  SourcesPending: {
    request,
    reason: "RECORDING_NOT_YET_AVAILABLE",
    missing: [[request.startMs, request.endMs]],
    nextAttemptMs: request.sentMs + 60_000,
  },
  ClipRejected: { request, status: "CLIP_TOO_LONG", reason: "CLIP_TOO_LONG", message: "too long", conflict: false },
  ClipFailed: { request, stage: "render-clip", reason: "INTERNAL", message: "broke" },
};

export const sampleFact = <Type extends AnyFact["type"]>(type: Type): Extract<AnyFact, { type: Type }> =>
  ({ type, data: sampleData[type] }) as unknown as Extract<AnyFact, { type: Type }>;

/** The first event of a chain; `key` names the request behind it. */
export function sampleEvent<Type extends AnyEvent["type"]>(
  type: Type,
  { key = "request-key", rerun }: { key?: string; rerun?: Rerun } = {},
): Extract<AnyEvent, { type: Type }> {
  const origin = { clipId: request.clipId, key, deadlineAt: "2026-11-23T14:00:00.000Z", rerun };
  return firstEvent(sampleFact(type), 1, origin, SAMPLE_NOW) as unknown as Extract<AnyEvent, { type: Type }>;
}

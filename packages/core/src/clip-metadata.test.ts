import type { Coverage, Reason, RenderedClip } from "@camclips/events";
import { reason } from "@camclips/events";
import { sampleRequest, testSettings } from "@camclips/testing/test-server";
import { describe, expect, it } from "vitest";
import { availableMetadata, pendingMetadata, refusedMetadata } from "./clip-metadata.ts";

const settings = testSettings();
const BUCKET = "cameras-service-clips-cdn-sandbox";
const PATH = "583499c4e411dc743a5d5296/507f191e810c19729de860ea";
const URL_PATH = `https://camclips.sandbox.test.com/${PATH}`;

const clip: RenderedClip = {
  key: `${PATH}.mp4`,
  bytes: 123_456,
  sha256: "ab".repeat(32),
  durationMs: 60_000,
  width: 1920,
  height: 1080,
  frames: 1500,
  encodedFrames: 12,
  audio: true,
  precision: "smart",
  why: "the default",
};
const coverage: Coverage = {
  requested: [sampleRequest.startMs, sampleRequest.endMs],
  delivered: [[sampleRequest.startMs, sampleRequest.endMs - 5000]],
  gaps: [{ startMs: sampleRequest.endMs - 5000, endMs: sampleRequest.endMs, cause: "NOT_RECORDED" }],
  startErrorMs: 0,
  endErrorMs: -40,
  audio: {
    delivered: [[sampleRequest.startMs, sampleRequest.startMs + 1000]],
    silent: [
      {
        startMs: sampleRequest.startMs + 1000,
        endMs: sampleRequest.endMs - 5000,
        cause: "UNSUPPORTED_FORMAT",
        format: "ac-4",
      },
    ],
  },
};

/** Section 7: names without a unit, as the other fields of the contract. */
const toldCoverage = {
  requested: [1537119363000, 1537119423000],
  delivered: [[1537119363000, 1537119418000]],
  gaps: [{ start: 1537119418000, end: 1537119423000, cause: "NOT_RECORDED" }],
  startErrorMs: 0,
  endErrorMs: -40,
  audio: {
    delivered: [[1537119363000, 1537119364000]],
    silent: [{ start: 1537119364000, end: 1537119418000, cause: "UNSUPPORTED_FORMAT", format: "ac-4" }],
  },
};

const identity = {
  clipId: "507f191e810c19729de860ea",
  cameraId: "583499c4e411dc743a5d5296",
  startTimestampInMs: 1537119363000,
  endTimestampInMs: 1537119423000,
};
const asSent = (metadata: object) => JSON.parse(JSON.stringify(metadata));

it("has a URL that leads to the key, whatever ids are", () => {
  const request = { ...sampleRequest, cameraId: "Front Door", clipId: "Süd #1" };
  const finished = { clip, coverage, takenUpMs: sampleRequest.sentMs, finishedMs: sampleRequest.sentMs };
  const metadata = asSent(availableMetadata(request, finished, "bucket", settings));
  expect(metadata.clip).toMatchObject({
    url: `${settings.CLIP_URL}/Front%2520Door/S%C3%BCd%2520%25231.mp4`,
    key: "/Front%20Door/Süd%20%231.mp4",
  });
  expect(metadata.thumbnail).toMatchObject({
    url: `${settings.CLIP_URL}/Front%2520Door/S%C3%BCd%2520%25231_{size}.jpg`,
    key: "/Front%20Door/Süd%20%231_{size}.jpg",
  });
});

describe("CLIP_AVAILABLE", () => {
  const takenUpMs = sampleRequest.sentMs + 1_500;
  const finished = { clip, coverage, takenUpMs, finishedMs: takenUpMs + 20_000 };

  it("has every field of section 5 to the letter, and ours beside them", () => {
    expect(asSent(availableMetadata(sampleRequest, finished, BUCKET, settings))).toEqual({
      ...identity,
      status: "CLIP_AVAILABLE",
      bucket: BUCKET,
      clip: {
        url: `${URL_PATH}.mp4`,
        key: `/${PATH}.mp4`,
        sha256: "ab".repeat(32),
        bytes: 123_456,
        durationMs: 60_000,
        frames: 1500,
        precision: "smart",
      },
      thumbnail: { url: `${URL_PATH}_{size}.jpg`, key: `/${PATH}_{size}.jpg`, sizes: [300, 640, 1500, 3000] },
      retryTimestamps: [],
      coverage: toldCoverage,
      waitMs: 0,
      queuedMs: 1_500,
      workMs: 20_000,
      realtimeFactor: 3,
    });
  });

  it("tells the time of waiting apart from the time of working", () => {
    const retried = {
      ...sampleRequest,
      retryTimestamps: [sampleRequest.sentMs - 120_000, sampleRequest.sentMs - 60_000],
    };
    expect(availableMetadata(retried, finished, BUCKET, settings)).toMatchObject({
      retryTimestamps: retried.retryTimestamps,
      waitMs: 120_000,
      queuedMs: 1_500,
      workMs: 20_000,
    });
  });

  it("counts the work of a message that was saved for years from when it was taken up, and does not guess its time in the queue", () => {
    const years = takenUpMs + 272_368_236_513;
    const saved = availableMetadata(
      sampleRequest,
      { ...finished, takenUpMs: years, finishedMs: years + 20_000 },
      BUCKET,
      settings,
    );
    expect(saved).toMatchObject({ waitMs: 0, workMs: 20_000, realtimeFactor: 3 });
    expect(saved).not.toHaveProperty("queuedMs");
  });

  it("tells no negative times of a message that says it was sent later than it came, or was tried later than it was sent", () => {
    const ahead = { ...sampleRequest, retryTimestamps: [sampleRequest.sentMs + 60_000] };
    const early = { ...finished, takenUpMs: sampleRequest.sentMs - 5_000, finishedMs: sampleRequest.sentMs + 15_000 };
    const told = availableMetadata(ahead, early, BUCKET, settings);
    expect(told).toMatchObject({ waitMs: 0, queuedMs: 0, workMs: 20_000 });
  });

  it("never divides by a time that a clock says was none", () => {
    const early = { ...finished, finishedMs: takenUpMs - 5 };
    expect(availableMetadata(sampleRequest, early, BUCKET, settings)).toMatchObject({
      workMs: 1,
      realtimeFactor: 60_000,
    });
  });

  it("tells where the files of a preview are, and says nothing where there is none", () => {
    const file = (name: string) => ({ key: `${PATH}_${name}`, bytes: 1 });
    const preview = { storyboard: file("storyboard.vtt"), sprite: { ...file("storyboard.jpg"), tiles: 2 } };
    const told = (name: string) => ({ url: `${URL_PATH}_${name}`, key: `/${PATH}_${name}` });
    expect(availableMetadata(sampleRequest, { ...finished, preview }, BUCKET, settings).preview).toEqual({
      storyboard: told("storyboard.vtt"),
      sprite: told("storyboard.jpg"),
    });
    const animated = { ...preview, animated: file("preview.webp") };
    expect(
      availableMetadata(sampleRequest, { ...finished, preview: animated }, BUCKET, settings).preview,
    ).toMatchObject({ animated: told("preview.webp") });
    expect(availableMetadata(sampleRequest, finished, BUCKET, settings)).not.toHaveProperty("preview");
  });

  it("tells where the clock of a clip is written down", () => {
    const clock = { key: `${PATH}_clock.vtt`, bytes: 1 };
    const told = availableMetadata(sampleRequest, { ...finished, clip: { ...clip, clock } }, BUCKET, settings);
    expect(told.clock).toEqual({ url: `${URL_PATH}_clock.vtt`, key: `/${PATH}_clock.vtt` });
    expect(availableMetadata(sampleRequest, finished, BUCKET, settings)).not.toHaveProperty("clock");
  });

  it("names thumbnails of the chosen format and sizes", () => {
    const png = testSettings({ THUMBNAIL_FORMAT: "png", THUMBNAIL_SIZES: "640" });
    expect(availableMetadata(sampleRequest, finished, BUCKET, png).thumbnail).toEqual({
      url: `${URL_PATH}_{size}.png`,
      key: `/${PATH}_{size}.png`,
      sizes: [640],
    });
  });
});

describe("CLIP_PENDING", () => {
  it("has every field of section 5, this attempt among the retries, and when it goes on", () => {
    const request = { ...sampleRequest, retryTimestamps: [sampleRequest.sentMs - 60_000] };
    const pending = {
      reason: "PARTIAL_COVERAGE_WAITING" as const,
      missing: [[1537119418000, 1537119423000]] as [number, number][],
      nextAttemptMs: Date.UTC(2018, 8, 16, 18, 0),
      deadlineAt: "2018-09-16T19:00:00.000Z",
    };
    expect(asSent(pendingMetadata(request, pending, BUCKET, settings))).toEqual({
      ...identity,
      status: "CLIP_PENDING",
      bucket: BUCKET,
      clip: { url: `${URL_PATH}.mp4`, key: `/${PATH}.mp4` },
      thumbnail: { url: `${URL_PATH}_{size}.jpg`, key: `/${PATH}_{size}.jpg`, sizes: [300, 640, 1500, 3000] },
      retryTimestamps: [1537119440000, 1537119500000],
      reason: "PARTIAL_COVERAGE_WAITING",
      retryable: true,
      attempt: 2,
      nextAttemptAt: "2018-09-16T18:00:00.000Z",
      deadlineAt: "2018-09-16T19:00:00.000Z",
      missing: [[1537119418000, 1537119423000]],
    });
  });
});

describe.each([
  ["CLIP_NOT_AVAILABLE", "NO_FOOTAGE", false],
  ["CLIP_OUT_OF_RANGE", "BEFORE_RETENTION", false],
  ["CLIP_TOO_LONG", "CLIP_TOO_LONG", false],
  ["CLIP_RETRY_TIMEOUT", "NO_FOOTAGE", false],
  ["FATAL_ERROR", "STALLED", true],
] as const)("%s", (status, why, retryable) => {
  it("has no bucket, no clip and no thumbnails, but a reason", () => {
    const request = { ...sampleRequest, retryTimestamps: [1537119440000] };
    expect(asSent(refusedMetadata(request, { status, reason: why, message: "for people" }))).toEqual({
      ...identity,
      status,
      thumbnail: { sizes: [] },
      retryTimestamps: [1537119440000],
      reason: why,
      retryable,
      message: "for people",
    });
  });

  it("says what there was, when that is known", () => {
    const refusal = { status, reason: why, message: "", coverage };
    expect(asSent(refusedMetadata(sampleRequest, refusal)).coverage).toEqual(toldCoverage);
  });
});

it("answers a request that could not be read with what could be", () => {
  const request = { ...sampleRequest, cameraId: "", startMs: null, endMs: 5 };
  const refusal = { status: "FATAL_ERROR", reason: "INVALID_REQUEST", message: "x" } as const;
  expect(asSent(refusedMetadata(request, refusal))).toMatchObject({
    cameraId: "",
    startTimestampInMs: null,
    endTimestampInMs: 5,
    reason: "INVALID_REQUEST",
  });
});

it("says of every reason whether asking again may help", () => {
  for (const each of reason.options as Reason[]) {
    const told = refusedMetadata(sampleRequest, { status: "FATAL_ERROR", reason: each, message: "" });
    expect(typeof told.retryable, each).toBe("boolean");
  }
});

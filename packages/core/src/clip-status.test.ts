import type { AnswerableRequest } from "@camclips/events";
import { sampleRequest } from "@camclips/testing/test-server";
import { describe, expect, it } from "vitest";
import { clipStatus, decidedStatus, isStuck, supersedes, waitingStatus, workingStatus } from "./clip-status.ts";

const DEADLINE = "2026-11-23T14:00:00.000Z";
const REFUSED = "11111111-1111-8111-8111-111111111111";
const retried = { ...sampleRequest, retryTimestamps: [1] };
const other = { ...sampleRequest, endMs: sampleRequest.endMs + 1 };
const pending = { reason: "NO_FOOTAGE" as const, nextAttemptMs: 60_000 };

const failed = { status: "FATAL_ERROR" as const, reason: "INTERNAL" as const, isRerun: false };

describe("a clip's status", () => {
  it.each([
    ["available", { status: "CLIP_AVAILABLE" as const, isRerun: false }],
    ["unavailable", { status: "CLIP_RETRY_TIMEOUT" as const, reason: "NO_FOOTAGE" as const, isRerun: false }],
    ["stalled", { ...failed, reason: "STALLED" as const }],
    ["failed", failed],
  ])("is %s in the end", (state, decided) => {
    const status = decidedStatus(retried, decided, DEADLINE, 5);
    expect(clipStatus.parse(status)).toMatchObject({ state, outcome: decided.status, attempt: 2, sinceMs: 5 });
  });

  it("moves on with the attempts of its request, never back", () => {
    const course = [
      workingStatus(sampleRequest, DEADLINE, 1),
      waitingStatus(sampleRequest, pending, DEADLINE, 2),
      workingStatus(retried, DEADLINE, 3),
      waitingStatus(retried, pending, DEADLINE, 4),
      decidedStatus(retried, failed, DEADLINE, 5),
      decidedStatus(retried, { status: "CLIP_AVAILABLE", isRerun: true }, DEADLINE, 6),
    ];
    for (const [index, next] of course.entries())
      for (const [before, current] of course.entries()) expect(supersedes(next, current)).toBe(index > before);
  });

  it("is that of the request which has the clipId, whatever another one comes to", () => {
    const current = workingStatus(sampleRequest, DEADLINE, 1);
    expect(supersedes(decidedStatus(other, failed, DEADLINE, 2), current)).toBe(false);
    const refused = decidedStatus({ ...other, refused: REFUSED }, failed, DEADLINE, 3);
    expect(supersedes(refused, current)).toBe(false);
    expect(supersedes(current, refused)).toBe(true);
  });

  it("leaves out of its camera and range what no index could take", () => {
    const hostile: AnswerableRequest = {
      ...sampleRequest,
      cameraId: "../x",
      startMs: 1e300,
      endMs: 0.5,
      refused: REFUSED,
    };
    const status = decidedStatus(hostile, failed, DEADLINE, 1);
    expect(status).toMatchObject({ cameraId: null, startMs: null, endMs: null });
    expect(clipStatus.parse(status)).toEqual(status);
  });
});

describe("a clip is stuck", () => {
  const MINUTE = 60_000;
  const sentMs = 1_000_000_000_000;
  const asked = { ...sampleRequest, startMs: sentMs - 2 * MINUTE, endMs: sentMs - MINUTE, sentMs, retryTimestamps: [] };
  const deadlineAt = new Date(sentMs + 60 * MINUTE).toISOString();

  it("past half of its time, counted from its first message, whatever attempt it is at", () => {
    const late = { ...asked, sentMs: sentMs + 25 * MINUTE, retryTimestamps: [sentMs] };
    const status = workingStatus(late, deadlineAt, sentMs + 26 * MINUTE);
    expect(isStuck(status, sentMs + 29 * MINUTE)).toBe(false);
    expect(isStuck(status, sentMs + 31 * MINUTE)).toBe(true);
  });

  it("not before its footage could exist", () => {
    const future = { ...asked, endMs: sentMs + 40 * MINUTE };
    const status = workingStatus(future, deadlineAt, sentMs);
    expect(isStuck(status, sentMs + 49 * MINUTE)).toBe(false);
    expect(isStuck(status, sentMs + 51 * MINUTE)).toBe(true);
  });

  it("not once it is decided", () => {
    const status = decidedStatus(asked, { status: "CLIP_AVAILABLE", isRerun: false }, deadlineAt, sentMs);
    expect(isStuck(status, sentMs + 100 * MINUTE)).toBe(false);
  });
});

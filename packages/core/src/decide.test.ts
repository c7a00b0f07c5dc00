import type { ClipRequest } from "@camclips/events";
import { sampleRequest, testSettings } from "@camclips/testing/test-server";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Footage } from "./coverage.ts";
import {
  type Decision,
  deadlineMs,
  decide,
  type FootageReport,
  firstSentMs,
  maxRetries,
  rejectTooLong,
} from "./decide.ts";

const rules = testSettings();
const START = sampleRequest.startMs;
const END = sampleRequest.endMs;
const SECOND = 1000;

const whole: Footage = { key: "a.mp4", startMs: START - 60_000, endMs: END + 60_000 };
const nothing: FootageReport = { usable: [], lost: [], newestMs: Number.NEGATIVE_INFINITY };
const having = (...usable: Footage[]): FootageReport => ({
  usable,
  lost: [],
  newestMs: Math.max(...usable.map(({ startMs }) => startMs)),
});

/** A request whose first attempt was sent this long after its start. */
const aged = (seconds: number, change: Partial<ClipRequest> = {}): ClipRequest => ({
  ...sampleRequest,
  sentMs: START + seconds * SECOND,
  ...change,
});

/** The same request after so many retries, a minute apart; the age stays that of the first attempt. */
const retried = (seconds: number, retries: number, change: Partial<ClipRequest> = {}): ClipRequest =>
  aged(seconds, {
    retryTimestamps: Array.from({ length: retries }, (_, index) => START + (seconds + index * 60) * SECOND),
    sentMs: START + (seconds + retries * 60) * SECOND,
    ...change,
  });

const outcome = (decision: Decision): string =>
  decision.kind === "rejected"
    ? `${decision.status} ${decision.reason}`
    : `${decision.kind} ${"reason" in decision ? decision.reason : ""}`.trim();

describe("without recordings, the status table of the contract", () => {
  it.each([
    ["pending while young", aged(61), "pending RECORDING_NOT_YET_AVAILABLE"],
    ["pending at the very retry limit", aged(900), "pending RECORDING_NOT_YET_AVAILABLE"],
    ["not available a millisecond after it", aged(900.001), "CLIP_NOT_AVAILABLE NO_FOOTAGE"],
    ["not available a millisecond before it is out of range", aged(259_199.999), "CLIP_NOT_AVAILABLE NO_FOOTAGE"],
    ["out of range at the very limit", aged(259_200), "CLIP_OUT_OF_RANGE BEFORE_RETENTION"],
    ["out of range ever after", aged(864_000), "CLIP_OUT_OF_RANGE BEFORE_RETENTION"],
    ["pending after as many retries as the limit allows", retried(61, 15), "pending RECORDING_NOT_YET_AVAILABLE"],
    ["a retry time-out after one more", retried(61, 16), "CLIP_RETRY_TIMEOUT NO_FOOTAGE"],
    ["a retry time-out before anything else", retried(901, 16), "CLIP_RETRY_TIMEOUT NO_FOOTAGE"],
    ["aged by the first attempt, not by this one", retried(600, 10), "pending RECORDING_NOT_YET_AVAILABLE"],
    ["out of range when it lies as far ahead", aged(-259_200), "CLIP_OUT_OF_RANGE BEFORE_RETENTION"],
    ["pending when it lies ahead, but not that far", aged(-259_199), "pending FUTURE_RANGE"],
  ])("says %s", (_, request, expected) => {
    expect(outcome(decide(request, nothing, rules))).toBe(expected);
  });

  it("follows the settings", () => {
    const impatient = testSettings({ SQS_RETRY_LIMIT: "100", SQS_TIMEOUT: "30", OUT_OF_RANGE_LIMIT: "200" });
    expect(maxRetries(impatient)).toBe(3);
    expect(outcome(decide(aged(100), nothing, impatient))).toBe("pending RECORDING_NOT_YET_AVAILABLE");
    expect(outcome(decide(aged(101), nothing, impatient))).toBe("CLIP_NOT_AVAILABLE NO_FOOTAGE");
    expect(outcome(decide(aged(200), nothing, impatient))).toBe("CLIP_OUT_OF_RANGE BEFORE_RETENTION");
    expect(outcome(decide(retried(90, 3), nothing, impatient))).toBe("pending RECORDING_NOT_YET_AVAILABLE");
    expect(outcome(decide(retried(90, 4), nothing, impatient))).toBe("CLIP_RETRY_TIMEOUT NO_FOOTAGE");
  });
});

describe("the length of a clip", () => {
  it("may be the longest, and not a millisecond more", () => {
    expect(rejectTooLong(aged(1, { endMs: START + 300_000 }), rules)).toBeUndefined();
    expect(rejectTooLong(aged(1, { endMs: START + 300_001 }), rules)).toMatchObject({
      status: "CLIP_TOO_LONG",
      reason: "CLIP_TOO_LONG",
      message: expect.stringContaining("300.001 s long, the longest clip is 300 s (VIDEO_MAX_LEN=300)"),
    });
  });
});

describe("with all recordings", () => {
  it("cuts, whatever the age", () => {
    for (const request of [aged(61), aged(1000), aged(864_000), retried(61, 40)])
      expect(decide(request, having(whole), rules)).toMatchObject({ kind: "located", gaps: [] });
  });
});

describe("a range that has not ended", () => {
  it("waits for its end, and no shorter than the pause between attempts", () => {
    const waits = (sent: number) => {
      const decision = decide(aged(sent), nothing, rules);
      return decision.kind === "pending" && (decision.nextAttemptMs - START) / SECOND;
    };
    expect([waits(-600), waits(-1), waits(30), waits(61)]).toEqual([60, 60, 90, 121]);
  });

  it("is pending, not an error, as long as it lies ahead", () => {
    const half: Footage = { key: "a.mp4", startMs: START - 60_000, endMs: START + 30_000 };
    expect(outcome(decide(aged(59.999), having(half), rules))).toBe("pending FUTURE_RANGE");
    expect(outcome(decide(aged(60), having(half), rules))).toBe("pending PARTIAL_COVERAGE_WAITING");
  });

  it("gets every attempt after its end, because it was asked for before anybody could record it", () => {
    const asked = { retryTimestamps: [START - 7200 * SECOND], sentMs: END + 60_000 };
    expect(outcome(decide(aged(0, asked), nothing, rules))).toBe("pending RECORDING_NOT_YET_AVAILABLE");
    const late = { ...asked, retryTimestamps: [...asked.retryTimestamps, ...Array.from({ length: 15 }, () => END)] };
    expect(outcome(decide(aged(0, late), nothing, rules))).toBe("CLIP_RETRY_TIMEOUT NO_FOOTAGE");
  });

  it("comes to an end when it lies ahead of every attempt", () => {
    expect(outcome(decide(retried(-86_400, 16), nothing, rules))).toBe("CLIP_RETRY_TIMEOUT NO_FOOTAGE");
  });
});

describe("not yet against never", () => {
  const before: Footage = { key: "a.mp4", startMs: START - 600_000, endMs: START };
  const after: Footage = { key: "z.mp4", startMs: END, endMs: END + 600_000 };

  it("waits while the newest recording lies before the hole", () => {
    expect(outcome(decide(aged(61), having(before), rules))).toBe("pending RECORDING_NOT_YET_AVAILABLE");
  });

  it("decides at once when a newer recording than the hole exists", () => {
    expect(outcome(decide(aged(61), having(before, after), rules))).toBe("CLIP_NOT_AVAILABLE NO_FOOTAGE");
  });

  it("waits for the part that may still come only", () => {
    const middle: Footage = { key: "m.mp4", startMs: START + 20_000, endMs: START + 40_000 };
    expect(decide(aged(61), having(middle), rules)).toMatchObject({
      kind: "pending",
      reason: "PARTIAL_COVERAGE_WAITING",
      missing: [[START + 40_000, END]],
    });
  });

  it("waits for a recording that is listed but not in the bucket, even when newer ones are", () => {
    const report: FootageReport = {
      ...having(after),
      lost: [{ ...whole, cause: "SOURCE_DELETED" }],
      newestMs: Number.POSITIVE_INFINITY,
    };
    expect(outcome(decide(aged(61), report, rules))).toBe("pending RECORDING_NOT_YET_AVAILABLE");
    expect(outcome(decide(aged(901), report, rules))).toBe("CLIP_NOT_AVAILABLE SOURCE_DELETED");
  });

  it("never waits for a broken recording", () => {
    const report: FootageReport = { ...nothing, lost: [{ ...whole, cause: "CORRUPT_SOURCE" }] };
    expect(outcome(decide(aged(61), report, rules))).toBe("FATAL_ERROR CORRUPT_SOURCE");
  });
});

describe("partial coverage", () => {
  const first: Footage = { key: "a.mp4", startMs: START - 60_000, endMs: START + 40_000 };
  const last: Footage = { key: "b.mp4", startMs: START + 50_000, endMs: END + 600_000 };
  const hole = [START + 40_000, START + 50_000] as const;

  it("is delivered with its gaps when the rest will not come", () => {
    expect(decide(aged(61), having(first, last), rules)).toEqual({
      kind: "located",
      parts: [
        { ...first, fromMs: START, toMs: hole[0] },
        { ...last, fromMs: hole[1], toMs: END },
      ],
      gaps: [{ startMs: hole[0], endMs: hole[1], cause: "NOT_RECORDED" }],
    });
  });

  it.each(["SKIP_GAPS", "FILL_WITH_BLACK", "HOLD_LAST_FRAME"] as const)(
    "waits, then delivers under %s",
    (gapPolicy) => {
      expect(outcome(decide(aged(61, { gapPolicy }), having(first), rules))).toBe("pending PARTIAL_COVERAGE_WAITING");
      expect(outcome(decide(aged(900, { gapPolicy }), having(first), rules))).toBe("pending PARTIAL_COVERAGE_WAITING");
      expect(outcome(decide(aged(900.001, { gapPolicy }), having(first), rules))).toBe("located");
      expect(outcome(decide(retried(61, 16, { gapPolicy }), having(first), rules))).toBe("located");
    },
  );

  it("waits, then refuses under REJECT, saying what there was", () => {
    expect(outcome(decide(aged(61, { gapPolicy: "REJECT" }), having(first), rules))).toBe(
      "pending PARTIAL_COVERAGE_WAITING",
    );
    expect(decide(aged(901, { gapPolicy: "REJECT" }), having(first), rules)).toMatchObject({
      kind: "rejected",
      status: "CLIP_NOT_AVAILABLE",
      reason: "GAP_FINAL",
      coverage: {
        requested: [START, END],
        delivered: [[START, START + 40_000]],
        gaps: [{ startMs: START + 40_000, endMs: END, cause: "NOT_RECORDED" }],
      },
    });
  });

  it("says why each part of a hole is missing", () => {
    const report: FootageReport = {
      usable: [first],
      lost: [
        { key: "x.mp4", startMs: START + 40_000, endMs: START + 45_000, cause: "CORRUPT_SOURCE" },
        { key: "y.mp4", startMs: START + 50_000, endMs: START + 55_000, cause: "SOURCE_DELETED" },
      ],
      newestMs: Number.POSITIVE_INFINITY,
    };
    expect(decide(aged(901), report, rules)).toMatchObject({
      gaps: [
        { startMs: START + 40_000, endMs: START + 45_000, cause: "CORRUPT_SOURCE" },
        { startMs: START + 45_000, endMs: START + 50_000, cause: "NOT_RECORDED" },
        { startMs: START + 50_000, endMs: START + 55_000, cause: "SOURCE_DELETED" },
        { startMs: START + 55_000, endMs: END, cause: "NOT_RECORDED" },
      ],
    });
  });
});

describe("waiting", () => {
  it("ends within its bound whatever comes, and before the deadline", () => {
    const sent = fc.integer({ min: -300_000, max: 300_000 });
    fc.assert(
      fc.property(sent, fc.boolean(), fc.integer({ min: 1, max: 120 }), (seconds, partly, timeout) => {
        const settings = testSettings({ SQS_TIMEOUT: String(timeout) });
        const report = partly ? having({ key: "a", startMs: START - 1, endMs: START + 30_000 }) : nothing;
        let request = aged(seconds);
        const deadline = deadlineMs(request, request.sentMs, settings);
        for (let attempts = 1; ; attempts += 1) {
          const decision = decide(request, report, settings);
          if (decision.kind !== "pending") break;
          expect(attempts).toBeLessThanOrEqual(maxRetries(settings) + 1);
          expect(decision.nextAttemptMs).toBeGreaterThanOrEqual(request.sentMs + timeout * SECOND);
          expect(decision.nextAttemptMs).toBeLessThan(deadline);
          request = {
            ...request,
            retryTimestamps: [...request.retryTimestamps, request.sentMs],
            sentMs: decision.nextAttemptMs,
          };
        }
      }),
    );
  });

  it("is bounded by a deadline that leaves time for all attempts and the work", () => {
    const sentMs = END + 10_000;
    expect(deadlineMs(sampleRequest, sentMs, rules) - sentMs).toBe((17 * 60 + 3600) * SECOND);
    expect(deadlineMs(sampleRequest, START - 5000, rules) - END).toBe((17 * 60 + 3600) * SECOND);
  });

  it("has a deadline in reach also for a range that lies centuries ahead, and is refused anyway", () => {
    const far = { ...sampleRequest, startMs: 9e13, endMs: 9e13 + 60_000 };
    expect(outcome(decide(far, nothing, rules))).toBe("CLIP_OUT_OF_RANGE BEFORE_RETENTION");
    expect(deadlineMs(far, far.sentMs, rules)).toBeLessThan(far.sentMs + 5 * 86_400_000);
  });

  it("counts from the first attempt", () => {
    expect(firstSentMs(sampleRequest)).toBe(sampleRequest.sentMs);
    expect(firstSentMs({ ...sampleRequest, retryTimestamps: [5, 6] })).toBe(5);
  });
});

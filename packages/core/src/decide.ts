import type {
  ClipRequest,
  Coverage,
  Gap,
  GapCause,
  Interval,
  LocatedSource,
  Reason,
  Settings,
  Status,
} from "@camclips/events";
import { type Footage, planParts } from "./coverage.ts";

/** What decides between now, later and never (contract, sections 6 and 7). */
export type AgeRules = Pick<
  Settings,
  "SQS_RETRY_LIMIT" | "SQS_TIMEOUT" | "OUT_OF_RANGE_LIMIT" | "VIDEO_MAX_LEN" | "JOIN_TOLERANCE_MS" | "CLIP_WORK_LIMIT"
>;

/** `why`: what is wrong with it, for people; it names the recording. */
export type LostFootage = Footage & { cause: Exclude<GapCause, "NOT_RECORDED">; why?: string | undefined };

export interface FootageReport {
  /** What can be used. */
  usable: readonly Footage[];
  /** What should be there but cannot be used: listed and missing, or broken. */
  lost: readonly LostFootage[];
  /** Start of the newest recording known: a hole before it will never be filled. */
  newestMs: number;
}

export type Decision =
  | { kind: "located"; parts: LocatedSource[]; gaps: Gap[] }
  | { kind: "pending"; reason: Reason; missing: Interval[]; nextAttemptMs: number }
  | {
      kind: "rejected";
      status: Exclude<Status, "CLIP_AVAILABLE" | "CLIP_PENDING">;
      reason: Reason;
      message: string;
      coverage?: Coverage;
    };

/** When the first attempt was sent: the base of every age rule. */
export function firstSentMs({ retryTimestamps, sentMs }: Pick<ClipRequest, "retryTimestamps" | "sentMs">): number {
  return retryTimestamps[0] ?? sentMs;
}

/** After more retries than this, waiting ends. */
export function maxRetries({ SQS_RETRY_LIMIT, SQS_TIMEOUT }: AgeRules): number {
  return Math.floor(SQS_RETRY_LIMIT / SQS_TIMEOUT);
}

/** The instant by which a clip accepted at `acceptedMs` must have a terminal status: all waiting, then the work. */
export function deadlineMs(request: ClipRequest, acceptedMs: number, rules: AgeRules): number {
  const attempts = maxRetries(rules) + 2;
  const waiting = attempts * rules.SQS_TIMEOUT * 1000;
  // Nothing further ahead is waited for.
  const furthestMs = acceptedMs + (rules.OUT_OF_RANGE_LIMIT + rules.VIDEO_MAX_LEN) * 1000;
  const startsMs = Math.max(acceptedMs, Math.min(request.endMs, furthestMs));
  return startsMs + waiting + rules.CLIP_WORK_LIMIT * 1000;
}

/** CLIP_TOO_LONG is decided before anything is asked or read. */
export function rejectTooLong(
  { startMs, endMs }: ClipRequest,
  { VIDEO_MAX_LEN }: AgeRules,
): Extract<Decision, { kind: "rejected" }> | undefined {
  const seconds = (endMs - startMs) / 1000;
  if (seconds <= VIDEO_MAX_LEN) return undefined;
  const message = `the range is ${seconds} s long, the longest clip is ${VIDEO_MAX_LEN} s (VIDEO_MAX_LEN=${VIDEO_MAX_LEN}): ask for shorter ones, or raise the setting`;
  return { kind: "rejected", status: "CLIP_TOO_LONG", reason: "CLIP_TOO_LONG", message };
}

/** Decides about one attempt: cut what there is, wait for the rest, or say why there is no clip. */
export function decide(request: ClipRequest, report: FootageReport, rules: AgeRules): Decision {
  const range: Interval = [request.startMs, request.endMs];
  const { parts, holes } = planParts(range, report.usable, rules.JOIN_TOLERANCE_MS);
  if (holes.length === 0) return { kind: "located", parts, gaps: [] };

  const gaps = holes.flatMap((hole) => causesOf(hole, report.lost));
  const awaited = gaps.filter((gap) => mayStillArrive(gap, report.newestMs));
  const retriesLeft = request.retryTimestamps.length <= maxRetries(rules);
  const outOfRange = ageMs(request) >= rules.OUT_OF_RANGE_LIMIT * 1000;
  const future = request.endMs > request.sentMs;
  const recent = !outOfRange && (future || waitingAgeMs(request) <= rules.SQS_RETRY_LIMIT * 1000);

  if (awaited.length > 0 && recent && retriesLeft) {
    const reason = future
      ? "FUTURE_RANGE"
      : parts.length > 0
        ? "PARTIAL_COVERAGE_WAITING"
        : "RECORDING_NOT_YET_AVAILABLE";
    return {
      kind: "pending",
      reason,
      missing: awaited.map(({ startMs, endMs }) => [startMs, endMs]),
      nextAttemptMs: nextAttemptMs(request, rules),
    };
  }
  if (parts.length > 0 && request.gapPolicy !== "REJECT") return { kind: "located", parts, gaps };
  return {
    kind: "rejected",
    ...rejection(request, parts, gaps, { retriesLeft, outOfRange, lost: report.lost }),
    coverage: coverageOf(range, parts, gaps),
  };
}

function rejection(
  { gapPolicy }: ClipRequest,
  parts: readonly LocatedSource[],
  gaps: readonly Gap[],
  { retriesLeft, outOfRange, lost }: { retriesLeft: boolean; outOfRange: boolean; lost: FootageReport["lost"] },
): Pick<Extract<Decision, { kind: "rejected" }>, "status" | "reason" | "message"> {
  const missing = `${gaps.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0)} ms of the range are missing`;
  if (parts.length > 0) {
    return {
      status: "CLIP_NOT_AVAILABLE",
      reason: "GAP_FINAL",
      message: `${missing} for good, and gapPolicy ${gapPolicy} asks for all or nothing`,
    };
  }
  if (gaps.every(({ cause }) => cause === "CORRUPT_SOURCE")) {
    return {
      status: "FATAL_ERROR",
      reason: "CORRUPT_SOURCE",
      message: brokenMessage(lost.flatMap(({ why }) => why ?? [])),
    };
  }
  const reason = gaps.some(({ cause }) => cause === "SOURCE_DELETED") ? "SOURCE_DELETED" : "NO_FOOTAGE";
  if (!retriesLeft)
    return { status: "CLIP_RETRY_TIMEOUT", reason, message: "no recordings came within the retry limit" };
  if (outOfRange)
    return {
      status: "CLIP_OUT_OF_RANGE",
      reason: "BEFORE_RETENTION",
      message: "the range lies further away than recordings are kept",
    };
  return { status: "CLIP_NOT_AVAILABLE", reason, message: "there are no recordings of the range, and none will come" };
}

/** Broken recordings that are named; an event has no room for all of a bad day's. */
const MAX_NAMED = 3;

/** @param whys what is wrong with each recording, naming it */
export function brokenMessage(whys: readonly string[]): string {
  const named = [...new Set(whys)];
  const more = named.length > MAX_NAMED ? `; and ${named.length - MAX_NAMED} more` : "";
  const told = named.slice(0, MAX_NAMED).map((why) => why.slice(0, 400));
  return `every recording of the range is broken${told.length > 0 ? `: ${told.join("; ")}${more}` : ""}`;
}

/** age = |first sent time - start|. */
function ageMs(request: ClipRequest): number {
  return Math.abs(firstSentMs(request) - request.startMs);
}

/** A clip asked for before it ended ages from its end: until then nobody could have recorded it. */
function waitingAgeMs(request: ClipRequest): number {
  return firstSentMs(request) < request.endMs ? request.endMs - request.startMs : ageMs(request);
}

function nextAttemptMs({ sentMs, endMs }: ClipRequest, { SQS_TIMEOUT }: AgeRules): number {
  return Math.max(sentMs + SQS_TIMEOUT * 1000, endMs);
}

function mayStillArrive({ cause, endMs }: Gap, newestMs: number): boolean {
  if (cause === "CORRUPT_SOURCE") return false;
  // A listed recording may be on its way to the bucket; one that is not listed will not come once a newer one has.
  return cause === "SOURCE_DELETED" || newestMs < endMs;
}

/** Splits a hole by what was lost there; the rest was never recorded. */
function causesOf([start, end]: Interval, lost: FootageReport["lost"]): Gap[] {
  const { parts, holes } = planParts([start, end], lost, 0);
  const named = parts.map(({ key, fromMs, toMs }): Gap => {
    const cause = lost.find((footage) => footage.key === key)?.cause ?? "NOT_RECORDED";
    return { startMs: fromMs, endMs: toMs, cause };
  });
  const unnamed = holes.map(([startMs, endMs]): Gap => ({ startMs, endMs, cause: "NOT_RECORDED" }));
  return [...named, ...unnamed].sort((a, b) => a.startMs - b.startMs);
}

function coverageOf(requested: Interval, parts: readonly LocatedSource[], gaps: Gap[]): Coverage {
  return {
    requested: [...requested],
    delivered: parts.map(({ fromMs, toMs }) => [fromMs, toMs]),
    gaps,
    startErrorMs: 0,
    endErrorMs: 0,
  };
}

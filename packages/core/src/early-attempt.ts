import type { ClipRequest, Settings } from "@camclips/events";
import { type AgeRules, maxRetries } from "./decide.ts";
import { searchRange } from "./footage.ts";
import type { WaitingClip } from "./waiting-clip.ts";

/** Whether a new recording is a reason to make a waiting clip's next attempt before its time. */

type SearchRules = Pick<Settings, "RECORDING_MAX_LEN" | "SQS_RETRY_LIMIT" | "VIDEO_MAX_LEN">;

/** Where those clips start for which a recording may be news that starts then. */
export function startsAround(recordingMs: number, rules: SearchRules): { fromMs: number; toMs: number } {
  const [before, after] = searchRange({ startMs: 0, endMs: 0 }, rules);
  return { fromMs: recordingMs - after - rules.VIDEO_MAX_LEN * 1000, toMs: recordingMs - before };
}

/** Whether a recording that starts then may hold what a clip waits for, or says by being newer that it will not come. */
export function isNewsFor({ request, missing }: WaitingClip, recordingMs: number, rules: SearchRules): boolean {
  const startMs = missing[0]?.[0] ?? request.startMs;
  const [from, to] = searchRange({ startMs, endMs: request.endMs }, rules);
  return from < recordingMs && recordingMs < to;
}

/** Of a clip's attempts, the share that may come early: waiting ends with their number (docs/decisions/0007), so most are its schedule's. */
const EARLY_SHARE = 1 / 3;

/** Whether one more attempt may come early. Those of the schedule lie SQS_TIMEOUT apart at least. */
export function mayComeEarly({ retryTimestamps, sentMs }: ClipRequest, rules: AgeRules): boolean {
  const sent = [...retryTimestamps, sentMs];
  const early = sent.filter(
    (at, index) => at - (sent[index - 1] ?? Number.NEGATIVE_INFINITY) < rules.SQS_TIMEOUT * 1000,
  );
  return early.length < Math.max(1, Math.floor(maxRetries(rules) * EARLY_SHARE));
}

/** The clip's next attempt as it is decided when it comes early: only the schedule finds that there were enough of them. */
export function asEarly({ request }: WaitingClip, nowMs: number): ClipRequest {
  return { ...request, retryTimestamps: [request.retryTimestamps[0] ?? request.sentMs], sentMs: nowMs };
}

import type { KnownClip } from "@camclips/functions";
import { instant, roughly, statusAndReason } from "./format.ts";

/** One clip of a list: state, for how long, whose, which range, and what comes next. */
export function clipLine(clip: KnownClip, nowMs: number): string {
  const { clipId, state, sinceMs, cameraId, startMs, endMs } = clip;
  const range = startMs === null || endMs === null ? "" : `${instant(startMs)} ${roughly(endMs - startMs)}`;
  const age = roughly(Math.max(0, nowMs - sinceMs));
  const parts = [state.padEnd(11), age.padStart(9), clipId, cameraId ?? "", range, nextOf(clip)];
  return parts.filter((part) => part !== "").join("  ");
}

function nextOf({ state, reason, outcome, nextAttemptAt, deadlineAt }: KnownClip): string {
  if (state === "waiting") return `${reason}, next attempt ${nextAttemptAt}`;
  if (state === "working") return `deadline ${deadlineAt}`;
  return statusAndReason(outcome ?? "", reason);
}

import { readTimeline } from "@camclips/containers";
import type { Footage, OpenObject } from "@camclips/core";
import type { Settings } from "@camclips/events";
import type { PictureFormat } from "@camclips/mp4";
import { type Timeline, timelineOrigin } from "./timeline-origin.ts";

type Rules = Pick<Settings, "JOIN_TOLERANCE_MS">;

/**
 * Wall-clock instant of a recording's presentation time 0: the one place that says so, for the pipeline and for whoever
 * lists recordings.
 * @param claimed the recording's interval by its name and its list
 */
export function zeroMsOf(claimed: Footage, timeline: Timeline, { JOIN_TOLERANCE_MS }: Rules): number {
  const claimedSeconds = (claimed.endMs - claimed.startMs) / 1000;
  const origin = timelineOrigin(timeline, { claimedSeconds, toleranceSeconds: JOIN_TOLERANCE_MS / 1000 });
  return claimed.startMs - origin * 1000;
}

type Real = Pick<Footage, "startMs" | "endMs">;

export function realInterval(zeroMs: number, media: { startSeconds: number; endSeconds: number }): Real {
  return {
    startMs: Math.round(zeroMs + media.startSeconds * 1000),
    endMs: Math.round(zeroMs + media.endSeconds * 1000),
  };
}

/**
 * When the video that a recording holds was recorded, read from its index. `claimed.endMs` may be a guess.
 * @returns undefined when the index does not tell
 * @throws CorruptSourceError when it is broken
 */
export async function recordedInterval(
  object: OpenObject,
  claimed: Footage,
  rules: Rules,
  signal?: AbortSignal,
): Promise<Real | undefined> {
  return (await recordedVideo(object, claimed, rules, { signal }))?.interval;
}

/**
 * As `recordedInterval`, with what the video is like.
 * @param writtenMs when the file was last written to, which may be its end
 * @returns undefined for a container that is not taken apart
 */
export async function recordedVideo(
  object: OpenObject,
  claimed: Footage,
  rules: Rules,
  { signal, writtenMs = claimed.endMs }: { signal?: AbortSignal | undefined; writtenMs?: number } = {},
): Promise<{ interval: Real | undefined; picture: PictureFormat | undefined } | undefined> {
  const claims = [claimed.endMs, writtenMs].map((endMs) => (endMs - claimed.startMs) / 1000);
  const timeline = await readTimeline(object, claimed.key, signal, claims);
  if (!timeline) return undefined;
  const interval = timeline.media && realInterval(zeroMsOf(claimed, timeline, rules), timeline.media);
  return { interval, picture: timeline.picture };
}

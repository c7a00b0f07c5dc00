import { type AnyEvent, definitionOf, type Interval } from "@camclips/events";
import { bytes, instant, plural, seconds, statusAndReason } from "./format.ts";

/** What an event says, in one line for people. */
export function summaryOf(event: AnyEvent): string {
  switch (event.type) {
    case "RequestAccepted": {
      const { cameraId, startMs, endMs, retryTimestamps } = event.data.request;
      const attempt = retryTimestamps.length > 0 ? `, attempt ${retryTimestamps.length + 1}` : "";
      return `${cameraId}, ${seconds(endMs - startMs)} from ${instant(startMs)}${attempt}`;
    }
    case "SourcesLocated":
      return `${plural(event.data.sources.length, "recording")}${missing(event.data.gaps)}`;
    case "SourcesDownloaded": {
      const { sources, gaps } = event.data;
      const staged = sources.reduce((sum, source) => sum + source.bytes, 0);
      const sliced = sources.filter(({ method }) => method === "sliced").length;
      return `${bytes(staged)} staged, ${sliced} of ${plural(sources.length, "source")} sliced${missing(gaps)}`;
    }
    case "ClipRendered": {
      const { clip, reusedFrom } = event.data;
      const copy = reusedFrom === undefined ? "" : `, a copy of ${reusedFrom}`;
      return `${seconds(clip.durationMs)}, ${clip.frames} frames, ${clip.width}x${clip.height}, ${bytes(clip.bytes)}, ${clip.precision}${copy}`;
    }
    case "ThumbnailsRendered":
      return plural(event.data.thumbnails.length, "picture");
    case "ClipPublished": {
      const { status, reason, notified, putRefused } = event.data;
      const told = notified ? "" : ", nobody told (replay)";
      const refused = putRefused ? `, the camera service refused it: ${putRefused}` : "";
      return `${statusAndReason(status, reason)}${told}${refused}`;
    }
    case "SourcesPending": {
      const { reason, missing: holes, nextAttemptMs } = event.data;
      return `CLIP_PENDING ${reason}, ${seconds(lengthOf(holes))} missing, next attempt at ${instant(nextAttemptMs)}`;
    }
    case "ClipRejected":
      return `${statusAndReason(event.data.status, event.data.reason)}: ${event.data.message}`;
    case "ClipFailed":
      return `FATAL_ERROR ${event.data.reason}: ${event.data.message}`;
    case "GroupAccepted":
      return `group ${event.data.groupId} of ${plural(event.data.items.length, "clip")}`;
    case "GroupCompleted":
      return `group ${event.data.groupId}: ${event.data.status}`;
    default:
      // Of an event that was added without a line of its own.
      return definitionOf((event as AnyEvent).type)?.summary ?? "";
  }
}

const lengthOf = (intervals: readonly Interval[]): number => intervals.reduce((sum, [from, to]) => sum + to - from, 0);

function missing(gaps: readonly { startMs: number; endMs: number; cause: string }[]): string {
  if (gaps.length === 0) return "";
  const causes = [...new Set(gaps.map(({ cause }) => cause))].join(", ");
  return `, ${seconds(lengthOf(gaps.map(({ startMs, endMs }) => [startMs, endMs])))} missing (${causes})`;
}

import {
  firstTrack,
  isPresented,
  type Movie,
  onlyDescription,
  presentationSeconds,
  ROUNDING_SECONDS,
  type Track,
} from "@camclips/mp4";
import type { Piece } from "../timeline/timeline.ts";
import { whyNotCopied } from "./copyable.ts";
import type { CopySegment, CutPlan, CutRequest, NoPlan, PartEncoder } from "./cut-plan.ts";
import { leadingSamples } from "./leading.ts";

/**
 * Plans a clip without any encoding: samples from the keyframe at or before the start, of which an edit list hides those
 * before the first frame and after the last. Only the clip's outer ends can be hidden so; inside, every part has to start
 * with an entry and end complete.
 *
 * @param entries per part the sample at which copying can start, -1 when there is none: see findEntries
 * @param start the sample from which the clip's first frame can be decoded: see findStart
 * @returns why not, when an edit list is not enough
 */
export function planFast(
  request: CutRequest,
  movies: readonly Movie[],
  entries: readonly number[],
  start: number,
): CutPlan | NoPlan {
  const videos = movies.map((movie) => firstTrack(movie, "vide"));
  const reason = whyNotCopied(request, videos);
  if (reason) return { way: "exact", why: reason };
  const segments: CopySegment[] = [];
  let copiedFrames = 0;
  for (const [i, part] of request.parts.entries()) {
    const video = videos[part.source];
    if (!video) continue;
    const first = (i === 0 ? start : entries[i]) ?? -1;
    if (i > 0 && (first < 0 || presentationSeconds(video, first) > part.cuts.firstSeconds + ROUNDING_SECONDS)) {
      return { way: "exact", why: "a recording continues between two keyframes" };
    }
    const last = lastNeeded(part, video);
    if (i < request.parts.length - 1 && !endsComplete(part, video, first, last)) {
      return { way: "exact", why: "a recording ends between frames that need each other" };
    }
    const leading = leadingSamples(video, first);
    segments.push({
      kind: "copy",
      source: part.source,
      first,
      last,
      ...(leading > 0 && { leading }),
      offsetSeconds: part.outSeconds - part.cuts.firstSeconds,
    });
    copiedFrames += shownFrames(part, video);
  }
  const { parts, durationSeconds } = request;
  const encoder = noEncoder(videos[parts[0]?.source ?? 0]);
  const codec = encoder.codec === "hevc" ? " (H.265)" : "";
  const why = `all ${copiedFrames} frames are copied${codec}; an edit list hides what lies before the start`;
  return { way: "fast", segments, encoder, parts, durationSeconds, copiedFrames, encodedFrames: 0, why };
}

/** Nothing is encoded: it only says what the samples are. */
function noEncoder(video: Track | undefined): PartEncoder {
  const isHevc = video && onlyDescription(video)?.video?.hevc;
  return isHevc
    ? { codec: "hevc", ids: { vps: 0, pps: 0 } }
    : { codec: "h264", profile: "high", spsId: 0, entryPpsId: 1 };
}

function lastNeeded({ cuts }: Piece, video: Track): number {
  let last = -1;
  for (let i = 0; i < video.samples.count; i++) if (presentationSeconds(video, i) < cuts.outSeconds) last = i;
  return last;
}

/** None of the samples is presented after the part's end, so nothing has to be hidden there. */
function endsComplete({ cuts }: Piece, video: Track, first: number, last: number): boolean {
  for (let i = first; i <= last; i++) if (presentationSeconds(video, i) >= cuts.outSeconds) return false;
  return true;
}

function shownFrames({ cuts }: Piece, video: Track): number {
  let count = 0;
  for (let i = 0; i < video.samples.count; i++) {
    const seconds = presentationSeconds(video, i);
    if (seconds > cuts.inSeconds && seconds < cuts.outSeconds && isPresented(video, i)) count++;
  }
  return count;
}

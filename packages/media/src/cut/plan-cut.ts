import { firstTrack, isPresented, type Movie, presentationSeconds, type Track } from "@camclips/mp4";
import type { Piece } from "../timeline/timeline.ts";
import { whyNotCopied } from "./copyable.ts";
import {
  type CutPlan,
  type CutRequest,
  copiedSamples,
  type EncodeSegment,
  type NoPlan,
  type PictureChain,
  type Segment,
} from "./cut-plan.ts";
import { leadingSamples } from "./leading.ts";
import { partEncoder } from "./part-encoder.ts";

/**
 * Plans a smart cut. Per part, frames before the first IDR picture (of HEVC, random access point) are encoded, then samples are copied in decode order,
 * as far as they are complete in presentation order, then the rest is encoded. Of a chain of pictures, only the first is encoded.
 *
 * @param entries per part the sample at which copying can start, -1 when there is none: see findEntries
 * @param chains per part the chain of its first frames, if they are one: see findChains
 * @returns why not, when samples cannot be kept
 */
export function planCut(
  request: CutRequest,
  movies: readonly Movie[],
  entries: readonly number[],
  chains: readonly (PictureChain | undefined)[] = [],
): CutPlan | NoPlan {
  const videos = movies.map((movie) => firstTrack(movie, "vide"));
  const reason = whyNotCopied(request, videos);
  if (reason) return { way: "exact", why: reason };
  const segments = request.parts.flatMap((part, i) => {
    const video = videos[part.source];
    const chain = chains[i];
    if (!video) return [];
    return chain ? planChained(part, video, chain) : planPart(part, video, entries[i] ?? -1);
  });
  return finish(request, videos, segments);
}

function finish(request: CutRequest, videos: (Track | undefined)[], segments: Segment[]): CutPlan | NoPlan {
  const copiedFrames = segments.reduce((sum, part) => sum + (part.kind === "copy" ? copiedSamples(part).length : 0), 0);
  const encodedFrames = segments.reduce(
    (sum, part) => sum + (part.kind === "encode" ? part.frameSeconds.length : 0),
    0,
  );
  if (copiedFrames === 0) return { way: "exact", why: "the clip holds no keyframe from which frames could be copied" };
  const video = videos[request.parts[0]?.source ?? 0];
  const encoder = video && partEncoder(video);
  if (!encoder) return { way: "exact", why: "all parameter set ids are in use" };
  const entered = segments.filter((part) => part.kind === "encode" && part.chain).length;
  const how = inWords(copiedFrames, encodedFrames - entered, entered);
  const why = encoder.codec === "hevc" ? `${how} (H.265)` : how;
  const { parts, durationSeconds } = request;
  return { way: "smart", segments, encoder, parts, durationSeconds, copiedFrames, encodedFrames, why };
}

function inWords(copied: number, encoded: number, entered: number): string {
  if (encoded + entered === 0) return `all ${copied} frames are copied`;
  return [
    `${copied} frames are copied`,
    ...(entered > 0 ? [`${entered} ${entered === 1 ? "is" : "are"} encoded without loss`] : []),
    ...(encoded > 0 ? [`${encoded} around keyframes are encoded`] : []),
  ].join(", ");
}

interface Frame {
  sample: number;
  seconds: number;
}

function planPart(part: Piece, video: Track, entry: number): Segment[] {
  const frames = framesOf(part, video);
  const leading = entry < 0 ? 0 : leadingSamples(video, entry);
  const last = entry < 0 ? -1 : lastCopied(video, { entry, leading }, part.cuts.outSeconds);
  if (last < entry || entry < 0) return encodeSegment(part, frames, 0, frames.length);
  const entryAt = frames.findIndex(({ sample }) => sample === entry);
  const copied = last - entry + 1 - leading;
  const offsetSeconds = part.outSeconds - part.cuts.firstSeconds;
  return [
    ...encodeSegment(part, frames, 0, entryAt),
    { kind: "copy", source: part.source, first: entry, last, ...(leading > 0 && { leading }), offsetSeconds },
    ...encodeSegment(part, frames, entryAt + copied, frames.length),
  ];
}

/** So many frames behind a chain's first picture are looked at. */
const LOOKED_AT = 8;

function planChained(part: Piece, video: Track, chain: PictureChain): Segment[] {
  const frames = framesOf(part, video);
  const last = lastCopied(video, { entry: chain.entry, leading: 0 }, part.cuts.outSeconds);
  const looked = Math.min(chain.entry + LOOKED_AT, chain.until - 1);
  const lookedSeconds = frames.slice(1, 1 + looked - chain.entry).map(({ seconds }) => seconds);
  const [picture] = encodeSegment(part, frames, 0, 1);
  const offsetSeconds = part.outSeconds - part.cuts.firstSeconds;
  return [
    ...(picture ? [{ ...picture, chain: { ...chain, looked, lookedSeconds } }] : []),
    { kind: "copy", source: part.source, first: chain.entry + 1, last, offsetSeconds, chain },
    ...encodeSegment(part, frames, last - chain.entry + 1, frames.length),
  ];
}

/** The part's frames in presentation order. */
function framesOf({ cuts }: Piece, video: Track): Frame[] {
  const frames: Frame[] = [];
  for (let sample = 0; sample < video.samples.count; sample++) {
    const seconds = presentationSeconds(video, sample);
    if (seconds > cuts.inSeconds && seconds < cuts.outSeconds && isPresented(video, sample))
      frames.push({ sample, seconds });
  }
  return frames.sort((a, b) => a.seconds - b.seconds);
}

/**
 * The last sample of the longest run from `entry` on, in decode order and without those that lead it, that holds every frame
 * between its first and its last in presentation order, and none at or after `outSeconds`.
 */
function lastCopied(video: Track, { entry, leading }: { entry: number; leading: number }, outSeconds: number): number {
  const { count } = video.samples;
  /** Earliest presentation time among this sample and all that follow. */
  const earliestFrom = new Float64Array(count + 1).fill(Number.POSITIVE_INFINITY);
  for (let i = count - 1; i > entry; i--) {
    earliestFrom[i] = Math.min(earliestFrom[i + 1] ?? 0, presentationSeconds(video, i));
  }
  const start = presentationSeconds(video, entry);
  let latest = Number.NEGATIVE_INFINITY;
  let safe = entry - 1;
  for (let i = entry; i < count; i++) {
    if (i > entry && i <= entry + leading) continue;
    const seconds = presentationSeconds(video, i);
    if (seconds >= outSeconds || seconds < start || !isPresented(video, i)) break;
    latest = Math.max(latest, seconds);
    const next = i === entry ? entry + leading + 1 : i + 1;
    if ((earliestFrom[next] ?? 0) > latest) safe = i === entry ? entry + leading : i;
  }
  return safe;
}

function encodeSegment(part: Piece, frames: Frame[], begin: number, end: number): EncodeSegment[] {
  const [first, last] = [frames[begin], frames[end - 1]];
  if (!first || !last || end <= begin) return [];
  const [before, after] = [frames[begin - 1], frames[end]];
  return [
    {
      kind: "encode",
      source: part.source,
      frameSeconds: frames.slice(begin, end).map(({ seconds }) => seconds),
      inSeconds: before ? (before.seconds + first.seconds) / 2 : part.cuts.inSeconds,
      outSeconds: after ? (last.seconds + after.seconds) / 2 : part.cuts.outSeconds,
      offsetSeconds: part.outSeconds - part.cuts.firstSeconds,
    },
  ];
}

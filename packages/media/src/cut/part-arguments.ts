import { AS_INDEXED, inputArguments } from "../ffmpeg/input-arguments.ts";
import {
  type EncoderSettings,
  FEW_FRAMES,
  frameRate,
  type HevcSettings,
  rateArguments,
  TIMESCALE,
} from "../ffmpeg/settings.ts";
import { cutOut } from "../ffmpeg/time-filters.ts";
import { decoderThreads, seekArguments, seekTo } from "../probe/decoding.ts";
import type { MediaProbe } from "../probe/probe.ts";
import type { Timeline } from "../timeline/timeline.ts";
import { listChains, listOutputs, lookChain } from "../verify/looks.ts";
import type { CutPlan, EncodeSegment, PictureChain } from "./cut-plan.ts";

export interface PartsJob {
  plan: CutPlan;
  /** Paths of the job's sources. */
  paths: readonly string[];
  probes: readonly MediaProbe[];
  timeline: Timeline;
  threads: number;
  encoder: EncoderSettings;
  /** Where the copied samples are HEVC. */
  hevc: HevcSettings;
  /** One file for each encode segment of the plan. */
  parts: readonly string[];
  /** Where the pictures of the sources go, small. */
  scratch: string;
}

/** The segments of a plan that have to be encoded, in order. */
export function encodeSegments(plan: CutPlan): EncodeSegment[] {
  return plan.segments.filter((segment) => segment.kind === "encode");
}

/** Arguments of the one run that encodes the frames which cannot be copied. */
export function partArguments(job: PartsJob): string[] {
  const { plan, paths, threads, probes } = job;
  const segments = encodeSegments(plan);
  const pictures = segments.flatMap((segment) => {
    const { chain } = segment;
    const seek = chain ? chainInput(chain) : seekArguments(segment.frameSeconds[0] ?? 0, probes[segment.source]);
    // Few frames are decoded in time by one thread, beside those that encode.
    const isFew = (chain ? chain.looked - chain.keyframe : segment.frameSeconds.length) <= FEW_FRAMES;
    const { video } = probes[segment.source] ?? {};
    const decoders = isFew || !video ? 1 : decoderThreads(video, threads);
    const options = [...AS_INDEXED, "-threads", String(decoders), "-noautorotate", ...seek];
    return inputArguments(paths[segment.source] ?? "", options);
  });
  const chains = [
    ...segments.flatMap((segment, i) => [
      lookChain(stretchOf(segment, i, job), `[${i}:V:0]`, `[all${i}]`),
      `[all${i}]${cutOut(segment)}[part${i}]`,
    ]),
    ...listChains(segments.length),
  ];
  return [
    ...["-v", "warning", "-y", "-copyts", ...pictures],
    ...["-filter_complex", chains.join(";")],
    ...segments.flatMap((segment, i) => partOutput(job, segment, i)),
    ...listOutputs(segments.length, job.scratch),
  ];
}

/** Nothing is cropped: what frames behind a chain's first picture take from it may lie outside of what is shown. */
function chainInput({ keyframeSeconds }: PictureChain): string[] {
  return ["-apply_cropping", "0", ...seekTo(keyframeSeconds)];
}

function stretchOf(segment: EncodeSegment, index: number, { timeline }: PartsJob) {
  const { inSeconds, outSeconds, offsetSeconds, chain } = segment;
  const { intervalSeconds } = timeline;
  const end = chain?.lookedSeconds.at(-1);
  const cut = { inSeconds, outSeconds: end === undefined ? outSeconds : end + intervalSeconds / 2 };
  const { width, height, left, top } = chain?.crop ?? {};
  const crop = chain && { crop: `crop=${width}:${height}:${left}:${top}:exact=1` };
  return { index, cut, intervalSeconds, shiftSeconds: offsetSeconds, ...crop };
}

/**
 * Of a chain, the picture as it was decoded. Else one key frame, then frames that refer backwards only: so decode order is presentation
 * order, and the join is clean.
 */
function partOutput(job: PartsJob, segment: EncodeSegment, index: number): string[] {
  const file = job.parts[index] ?? "";
  const pictures = ["-map", `[part${index}]`, "-fps_mode", "passthrough", "-enc_time_base", `1:${TIMESCALE}`];
  if (segment.chain) return [...pictures, "-frames:v", "1", "-c:v", "rawvideo", "-f", "rawvideo", file];
  return [
    ...pictures,
    ...["-frames:v", String(segment.frameSeconds.length), "-video_track_timescale", String(TIMESCALE)],
    ...pictureEncoder(job),
    ...["-map_metadata", "-1", "-f", "mp4", file],
  ];
}

function pictureEncoder({ plan, encoder, hevc, threads, timeline }: PartsJob): string[] {
  if (plan.encoder.codec === "hevc") {
    const gop = "bframes=0:keyint=-1:scenecut=0:open-gop=0:info=0:repeat-headers=0:log-level=error";
    const params = [gop, `pools=${threads}`, frameRate(timeline)].join(":");
    const quality = ["-preset", hevc.preset, "-crf", String(hevc.crf)];
    return ["-c:v", "libx265", ...quality, "-x265-params", params, "-tag:v", "hvc1"];
  }
  const { profile, spsId } = plan.encoder;
  const params = [`sps-id=${spsId}:scenecut=0:keyint=infinite`, frameRate(timeline), ...encoder.x264].join(":");
  return [
    ...["-c:v", "libx264", "-preset", encoder.preset, ...rateArguments(encoder), "-profile:v", profile, "-bf", "0"],
    ...["-x264-params", params, "-threads:v", String(threads)],
  ];
}

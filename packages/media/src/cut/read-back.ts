import { stat } from "node:fs/promises";
import { VerificationError } from "../errors.ts";
import type { EngineSettings } from "../ffmpeg/settings.ts";
import { together } from "../ffmpeg/together.ts";
import type { RenderOptions, RenderReport } from "../media-engine.ts";
import { clipPicture } from "../probe/picture.ts";
import { audioNote } from "../probe/probe.ts";
import { audioCoverageOf } from "../timeline/audio.ts";
import { clockAnchors } from "../timeline/wall-clock.ts";
import { readLists } from "../verify/looks.ts";
import { encodedPictures } from "../verify/planned-pictures.ts";
import { verifyClip } from "../verify/verify.ts";
import { verifyAudio } from "../verify/verify-audio.ts";
import type { CutPlan, CutSource } from "./cut-plan.ts";
import { encodeSegments } from "./part-arguments.ts";
import type { PreparedCut } from "./prepare-cut.ts";

/** What rounding to a time scale may leave. */
const DURATION_MS = 2;

/**
 * Reads a clip back before it is reported: its pictures and its audio at the same time, since each is a run of ffmpeg with little to do in
 * parallel.
 *
 * @param isCopied its packets of audio are the sources'
 * @throws VerificationError when it is not what was planned
 */
export async function readClipBack(
  cut: PreparedCut,
  isCopied: boolean,
  settings: EngineSettings,
  options: RenderOptions,
): Promise<RenderReport> {
  const audio = { ...cut, path: cut.job.output, copied: isCopied, isIndexed: true };
  const { ffmpeg, timeLimitMs } = settings;
  const [report] = await together(options.signal, [
    (signal) => readPictures(cut, settings, { ...options, signal }),
    (signal) => verifyAudio(audio, { ffmpeg, timeLimitMs, signal }),
  ]);
  return report;
}

async function readPictures(
  { job, sources, probes, timeline, plan }: PreparedCut,
  settings: EngineSettings,
  options: RenderOptions,
): Promise<RenderReport> {
  const { size: bytes } = await stat(job.output);
  const first = probes[timeline.pieces[0]?.source ?? 0];
  if (first === undefined) throw new TypeError("a clip needs a probed source");
  const { width, height } = clipPicture(first.video);
  const audio = timeline.pieces.some(({ source }) => probes[source]?.audio !== undefined);
  // Frames that fill a gap are not there: the frame before stands longer instead.
  const frameSeconds = timeline.expected.filter(({ source }) => source !== undefined).map(({ seconds }) => seconds);
  const { ffmpeg, timeLimitMs } = settings;
  const ways = { ffmpeg, timeLimitMs, scratch: options.scratch, signal: options.signal };
  const pictures = {
    planned: encodedPictures(plan),
    shown: await readLists(encodeSegments(plan).length, options.scratch),
  };
  const joinSeconds = plan.encoder.codec === "hevc" ? await joinsOfHevc(plan, sources) : [];
  const clip = { path: job.output, frameSeconds, width, height, audio, pictures, joinSeconds };
  const { missing, probe, durationMs } = await verifyClip(clip, ways);
  if (missing.length > 0)
    throw new VerificationError(`the clip lacks ${missing.length} of ${frameSeconds.length} frames`);
  const plannedMs = timeline.durationSeconds * 1000;
  if (Math.abs(durationMs - plannedMs) > DURATION_MS)
    throw new VerificationError(`the clip lasts ${durationMs} ms, planned were ${Math.round(plannedMs)}`);
  return {
    precision: plan.way,
    why: plan.why + audioNote(timeline.pieces.map(({ source }) => probes[source])),
    bytes,
    width,
    height,
    frames: probe.video.times.length,
    encodedFrames: plan.encodedFrames,
    audio,
    durationMs,
    audioCoverage: audioCoverageOf(job, timeline, probes, timeline.delivered),
    delivered: timeline.delivered,
    gaps: timeline.gaps,
    held: timeline.held,
    startErrorMs: timeline.startErrorMs,
    endErrorMs: timeline.endErrorMs,
    anchors: clockAnchors(timeline),
  };
}

async function joinsOfHevc(plan: CutPlan, sources: readonly CutSource[]): Promise<number[]> {
  const { hevcJoins } = await import("./hevc-keyframes.ts");
  return hevcJoins(plan, sources);
}

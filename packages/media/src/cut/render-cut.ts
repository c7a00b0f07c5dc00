import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { CorruptSourceError, MalformedBoxError } from "@camclips/mp4";
import { VerificationError } from "../errors.ts";
import { damageIn } from "../ffmpeg/damage.ts";
import { FfmpegError } from "../ffmpeg/errors.ts";
import { withGraphFile } from "../ffmpeg/graph-file.ts";
import { runFfmpeg } from "../ffmpeg/run-ffmpeg.ts";
import { cutEncoder, type EngineSettings, encoderFor, hevcCutEncoder, hevcEncoder } from "../ffmpeg/settings.ts";
import type { RenderJob, RenderOptions, RenderReport } from "../media-engine.ts";
import { movieProbe } from "../probe/movie-probe.ts";
import { clipPicture } from "../probe/picture.ts";
import { audioNote, type MediaProbe } from "../probe/probe.ts";
import { audioCoverageOf } from "../timeline/audio.ts";
import { planTimeline, type Timeline } from "../timeline/timeline.ts";
import { clockAnchors } from "../timeline/wall-clock.ts";
import { readLists } from "../verify/looks.ts";
import { encodedPictures } from "../verify/planned-pictures.ts";
import { verifyClip } from "../verify/verify.ts";
import { verifyAudio } from "../verify/verify-audio.ts";
import type { CutPlan, CutSource } from "./cut-plan.ts";
import { hevcJoins } from "./hevc-keyframes.ts";
import { findEntries, findStart, hasIntraRefresh } from "./idr.ts";
import { keepsAudio } from "./kept-audio.ts";
import { muxClip, openSources } from "./mux-clip.ts";
import { encodeSegments, partArguments } from "./part-arguments.ts";
import { copiedAudio } from "./place-audio.ts";
import { planCut } from "./plan-cut.ts";
import { planFast } from "./plan-fast.ts";

/** Frames cannot be kept; all have to be encoded again. */
export interface NotCut {
  /** Words that continue "all frames were re-encoded: ". */
  notCut: string;
}

interface PreparedCut {
  job: RenderJob;
  sources: CutSource[];
  probes: MediaProbe[];
  timeline: Timeline;
  plan: CutPlan;
}

/**
 * Makes a clip of copied samples, in the `smart` or `fast` way, and reads it back before it is reported. Whatever stands in
 * the way of that is no error: the caller can still encode all frames.
 */
export async function renderCut(
  job: RenderJob,
  settings: EngineSettings,
  options: RenderOptions,
): Promise<RenderReport | NotCut> {
  try {
    const paths = job.sources.map(({ path }) => path);
    await using opened = await openSources(paths, options.signal);
    const prepared = await prepareCut(job, opened.sources);
    if ("notCut" in prepared) return prepared;
    return await makeClip(prepared, settings, options);
  } catch (error) {
    await rm(job.output, { force: true });
    options.signal?.throwIfAborted();
    if (isAboutFrames(error)) return { notCut: `frames could not be copied (${explained(error)})` };
    throw error;
  }
}

function isAboutFrames(error: unknown): error is Error {
  if (error instanceof FfmpegError) return error.exitCode !== null;
  return [CorruptSourceError, VerificationError, MalformedBoxError].some((kind) => error instanceof kind);
}

const NO_X265 = /unknown encoder '?libx265/i;

function explained(error: Error): string {
  const { message } = error;
  // Its name here is that of a temporary file.
  if (error instanceof CorruptSourceError) return message.replace(`${error.source}: `, "");
  if (!NO_X265.test(message)) return message;
  return "this ffmpeg has no libx265, with which frames around cuts are encoded as H.265";
}

/** Plans how the job's sources are cut, without starting ffmpeg. */
export async function prepareCut(job: RenderJob, sources: CutSource[]): Promise<PreparedCut | NotCut> {
  const movies = sources.map(({ movie }) => movie);
  const probes = movies.flatMap((movie) => movieProbe(movie) ?? []);
  if (probes.length < movies.length) return { notCut: "a source has no video frames" };
  const timeline = planTimeline(job, probes);
  if (!timeline) return { notCut: "no source holds a frame of the clip" };
  if (await hasIntraRefresh(sources))
    return { notCut: "a recording's keyframes are no whole pictures (intra refresh)" };
  const { pieces: parts, leadFrames, durationSeconds } = timeline;
  const request = { parts, leadFrames, durationSeconds, codec: job.codec };
  const entries = await findEntries(request, sources);
  const isFast = job.precision === "fast";
  const fast = isFast ? planFast(request, movies, entries, await findStart(request, sources)) : undefined;
  const plan = fast?.way === "fast" ? fast : planCut(request, movies, entries);
  if (plan.way === "exact") return { notCut: plan.why };
  const why = fast?.way === "exact" ? `${plan.why}, because an edit list is not enough: ${fast.why}` : plan.why;
  return { job, sources, probes, timeline, plan: { ...plan, why } };
}

async function makeClip(cut: PreparedCut, settings: EngineSettings, options: RenderOptions): Promise<RenderReport> {
  const { job, sources, plan } = cut;
  const parts = encodeSegments(plan).map((_, i) => join(options.scratch, `part-${i}.mp4`));
  const audio = audioWay(cut, options);
  const audioFile = audio === "copy" ? undefined : audio;
  const clip = { path: job.output, startMs: job.startMs, signal: options.signal };
  try {
    if (parts.length > 0 || audioFile) await encodeParts(cut, parts, audioFile, settings, options);
    await muxClip(plan, sources, { encoded: parts, audio }, clip);
  } finally {
    for (const file of [...parts, ...(audioFile ? [audioFile] : [])]) await rm(file, { force: true });
  }
  const { size: bytes } = await stat(job.output);
  const { ffmpeg, timeLimitMs } = settings;
  const audioPlan = { ...cut, path: job.output, copied: audio === "copy", isIndexed: true };
  const report = await readBoth(
    (signal) => readBack(cut, bytes, settings, { ...options, signal }),
    (signal) => verifyAudio(audioPlan, { ffmpeg, timeLimitMs, signal }),
    options.signal,
  );
  options.onProgress?.(100);
  return report;
}

/** Each is one run of ffmpeg with little to do in parallel. The first that fails ends the other, and is waited for: nothing runs on. */
async function readBoth<T>(
  pictures: (signal: AbortSignal) => Promise<T>,
  audio: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<T> {
  const failed = new AbortController();
  const either = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
  const ending = <R>(run: Promise<R>) =>
    run.catch((error: unknown) => {
      failed.abort(error);
      throw error;
    });
  const [read, heard] = await Promise.allSettled([ending(pictures(either)), ending(audio(either))]);
  if (read.status === "rejected" || heard.status === "rejected") throw failed.signal.reason;
  return read.value;
}

async function encodeParts(
  cut: PreparedCut,
  parts: readonly string[],
  audio: string | undefined,
  settings: EngineSettings,
  options: RenderOptions,
): Promise<void> {
  const { threads, ffmpeg, timeLimitMs } = settings;
  const { encodedFrames, copiedFrames } = cut.plan;
  const isFew = encodedFrames < copiedFrames;
  const encoder = isFew ? { ...cutEncoder, ...settings.encoder } : encoderFor(cut.job, settings);
  const paths = cut.job.sources.map(({ path }) => path);
  const { scratch } = options;
  const hevc = isFew ? hevcCutEncoder : hevcEncoder;
  const partsJob = { ...cut, paths, threads, encoder, hevc, parts, audio, scratch };
  const args = await withGraphFile(partArguments(partsJob), scratch);
  const { durationSeconds } = cut.timeline;
  const onProgress = (seconds: number) => options.onProgress?.(Math.min(90, (90 * seconds) / durationSeconds));
  const log = await runFfmpeg({ ffmpeg, timeLimitMs, args, cwd: options.scratch, onProgress, ...signalOf(options) });
  const damage = damageIn(log, parts.length);
  if (damage !== undefined) throw new VerificationError(`a source does not decode whole: ${damage}`);
}

/** Clips keep the sources' packets where these fit together; otherwise audio is encoded once for the whole clip. */
function audioWay(cut: PreparedCut, options: RenderOptions): string | undefined {
  const { plan, sources, probes, timeline } = cut;
  if (timeline.pieces.every(({ source }) => probes[source]?.audio === undefined)) return undefined;
  const copied = copiedAudio(plan, sources);
  const isKept = copied && !("why" in copied) && (plan.way === "fast" || keepsAudio(copied, cut));
  return isKept ? "copy" : join(options.scratch, "audio.mp4");
}

async function readBack(
  { job, sources, probes, timeline, plan }: PreparedCut,
  bytes: number,
  settings: EngineSettings,
  options: RenderOptions,
): Promise<RenderReport> {
  const first = probes[timeline.pieces[0]?.source ?? 0];
  if (first === undefined) throw new TypeError("a clip needs a probed source");
  const { width, height } = clipPicture(first.video);
  const audio = timeline.pieces.some(({ source }) => probes[source]?.audio !== undefined);
  // Frames that fill a gap are not there: the frame before stands longer instead.
  const frameSeconds = timeline.expected.filter(({ source }) => source !== undefined).map(({ seconds }) => seconds);
  const { ffmpeg, timeLimitMs } = settings;
  const ways = { ffmpeg, timeLimitMs, scratch: options.scratch, ...signalOf(options) };
  const pictures = {
    planned: encodedPictures(plan),
    shown: await readLists(encodeSegments(plan).length, options.scratch),
  };
  const joinSeconds = hevcJoins(plan, sources);
  const clip = { path: job.output, frameSeconds, width, height, audio, pictures, joinSeconds };
  const { missing, probe, durationMs } = await verifyClip(clip, ways);
  if (missing.length > 0)
    throw new VerificationError(`the clip lacks ${missing.length} of ${frameSeconds.length} frames`);
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
    startErrorMs: timeline.startErrorMs,
    endErrorMs: timeline.endErrorMs,
    anchors: clockAnchors(timeline),
  };
}

function signalOf({ signal }: RenderOptions): { signal?: AbortSignal } {
  return signal ? { signal } : {};
}

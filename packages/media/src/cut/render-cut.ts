import { rm } from "node:fs/promises";
import { join } from "node:path";
import { CorruptSourceError, MalformedBoxError, type MuxTrack } from "@camclips/mp4";
import { VerificationError } from "../errors.ts";
import { damageIn } from "../ffmpeg/damage.ts";
import { FfmpegError } from "../ffmpeg/errors.ts";
import { withGraphFile } from "../ffmpeg/graph-file.ts";
import { runFfmpeg } from "../ffmpeg/run-ffmpeg.ts";
import { cutEncoderFor, type EngineSettings, encoderFor, hevcCutEncoder, hevcEncoder } from "../ffmpeg/settings.ts";
import type { RenderJob, RenderOptions, RenderReport } from "../media-engine.ts";
import { fadesSoon, keepsAudio } from "./kept-audio.ts";
import { muxClip, openSources } from "./mux-clip.ts";
import { encodeSegments, partArguments } from "./part-arguments.ts";
import { copiedAudio } from "./place-audio.ts";
import { type NotCut, type PreparedCut, prepareCut } from "./prepare-cut.ts";
import { readClipBack } from "./read-back.ts";

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

async function makeClip(cut: PreparedCut, settings: EngineSettings, options: RenderOptions): Promise<RenderReport> {
  const { job, sources, plan } = cut;
  const parts = encodeSegments(plan).map((_, i) => join(options.scratch, `part-${i}.mp4`));
  const audio = audioWay(cut, options);
  const audioFile = typeof audio === "string" ? audio : undefined;
  const clip = { path: job.output, startMs: job.startMs, signal: options.signal };
  let sha256: string;
  try {
    if (parts.length > 0 || audioFile) await encodeParts(cut, parts, audioFile, settings, options);
    sha256 = await muxClip(plan, sources, { encoded: parts, audio }, clip);
  } finally {
    for (const file of [...parts, ...(audioFile ? [audioFile] : [])]) await rm(file, { force: true });
  }
  const report = await readClipBack(cut, typeof audio === "object", settings, options);
  options.onProgress?.(100);
  return { ...report, sha256 };
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
  const isMostlyCopied = encodedFrames < copiedFrames;
  const encoder = isMostlyCopied ? cutEncoderFor(encodedFrames, settings) : encoderFor(cut.job, settings);
  const paths = cut.job.sources.map(({ path }) => path);
  const { scratch } = options;
  const hevc = isMostlyCopied ? hevcCutEncoder : hevcEncoder;
  const partsJob = { ...cut, paths, threads, encoder, hevc, parts, audio, scratch };
  const args = await withGraphFile(partArguments(partsJob), scratch);
  const { durationSeconds } = cut.timeline;
  const onProgress = (seconds: number) => options.onProgress?.(Math.min(90, (90 * seconds) / durationSeconds));
  const log = await runFfmpeg({ ffmpeg, timeLimitMs, args, cwd: options.scratch, onProgress, ...signalOf(options) });
  const damage = damageIn(log, parts.length);
  if (damage !== undefined) throw new VerificationError(`a source does not decode whole: ${damage}`);
}

/** Clips keep the sources' packets where these fit together; otherwise audio is encoded once for the whole clip. */
function audioWay(cut: PreparedCut, options: RenderOptions): MuxTrack | string | undefined {
  const { plan, sources, probes, timeline } = cut;
  if (timeline.pieces.every(({ source }) => probes[source]?.audio === undefined)) return undefined;
  const copied = copiedAudio(plan, sources);
  const isKept =
    copied && !("why" in copied) && (plan.way === "fast" ? fadesSoon(copied, plan) : keepsAudio(copied, cut));
  return isKept ? copied : join(options.scratch, "audio.mp4");
}

function signalOf({ signal }: RenderOptions): { signal?: AbortSignal } {
  return signal ? { signal } : {};
}

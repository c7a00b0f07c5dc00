import { rm } from "node:fs/promises";
import { join } from "node:path";
import { CorruptSourceError, MalformedBoxError, type MuxTrack } from "@camclips/mp4";
import { VerificationError } from "../errors.ts";
import { damageIn } from "../ffmpeg/damage.ts";
import { FfmpegError } from "../ffmpeg/errors.ts";
import { withGraphFile } from "../ffmpeg/graph-file.ts";
import { AS_INDEXED } from "../ffmpeg/input-arguments.ts";
import { runFfmpeg } from "../ffmpeg/run-ffmpeg.ts";
import { cutEncoderFor, type EngineSettings, encoderFor, hevcCutEncoder, hevcEncoder } from "../ffmpeg/settings.ts";
import { together } from "../ffmpeg/together.ts";
import type { RenderJob, RenderOptions, RenderReport } from "../media-engine.ts";
import { audioArguments } from "../timeline/audio-chains.ts";
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
    await using opened = await openSources(pathsOf({ job }), options.signal);
    const prepared = await prepareCut(job, opened.sources);
    if ("notCut" in prepared) return prepared;
    if (!prepared.plan.segments.some(({ chain }) => chain)) return await makeClip(prepared, settings, options);
    return await makeChained(prepared, settings, options);
  } catch (error) {
    return await notCutFor(error, job, options);
  }
}

/** Where a chain of pictures cannot be entered, its frames are encoded. */
async function makeChained(
  cut: PreparedCut,
  settings: EngineSettings,
  options: RenderOptions,
): Promise<RenderReport | NotCut> {
  try {
    return await makeClip(cut, settings, options);
  } catch (error) {
    await notCutFor(error, cut.job, options);
  }
  const prepared = await prepareCut(cut.job, cut.sources, false);
  return "notCut" in prepared ? prepared : await makeClip(prepared, settings, options);
}

/** Whether a failure stands in the way of copying only. @throws any other */
async function notCutFor(error: unknown, job: RenderJob, options: RenderOptions): Promise<NotCut> {
  await rm(job.output, { force: true });
  options.signal?.throwIfAborted();
  if (isAboutFrames(error)) return { notCut: `frames could not be copied (${explained(error)})` };
  throw error;
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
    await encode(cut, { parts, audio: audioFile }, settings, options);
    sha256 = await muxClip(plan, sources, { encoded: parts, audio }, clip);
  } finally {
    for (const file of [...parts, ...(audioFile ? [audioFile] : [])]) await rm(file, { force: true });
  }
  const report = await readClipBack(cut, typeof audio === "object", settings, options);
  options.onProgress?.(100);
  return { ...report, sha256 };
}

/** Pictures and audio each in a run of their own: in one, ffmpeg does them in turns for the most part. */
async function encode(
  cut: PreparedCut,
  { parts, audio }: { parts: readonly string[]; audio: string | undefined },
  settings: EngineSettings,
  options: RenderOptions,
): Promise<void> {
  const { durationSeconds } = cut.timeline;
  const onProgress = (seconds: number) => options.onProgress?.(Math.min(90, (90 * seconds) / durationSeconds));
  const pictures = (signal: AbortSignal) => encodeParts(cut, parts, settings, { ...options, signal, onProgress });
  const sound = (output: string) => (signal: AbortSignal) =>
    encodeAudio(cut, output, settings, { ...options, signal, ...(parts.length === 0 && { onProgress }) });
  await together(options.signal, [...(parts.length > 0 ? [pictures] : []), ...(audio ? [sound(audio)] : [])]);
}

/** Seconds of what is made. */
interface PartOptions extends Omit<RenderOptions, "onProgress"> {
  onProgress?: (seconds: number) => void;
}

async function encodeParts(
  cut: PreparedCut,
  parts: readonly string[],
  settings: EngineSettings,
  options: PartOptions,
): Promise<void> {
  const { encodedFrames, copiedFrames } = cut.plan;
  const isMostlyCopied = encodedFrames < copiedFrames;
  const encoder = isMostlyCopied ? cutEncoderFor(encodedFrames, settings) : encoderFor(cut.job, settings);
  const hevc = isMostlyCopied ? hevcCutEncoder : hevcEncoder;
  const { scratch } = options;
  const job = { ...cut, paths: pathsOf(cut), threads: settings.threads, encoder, hevc, parts, scratch };
  const args = await withGraphFile(partArguments(job), join(scratch, "graph"));
  const damage = damageIn(await runFfmpeg({ ...runOf(settings, options), args }));
  if (damage !== undefined) throw new VerificationError(`a source does not decode whole: ${damage}`);
}

async function encodeAudio(
  cut: PreparedCut,
  output: string,
  settings: EngineSettings,
  options: PartOptions,
): Promise<void> {
  const job = { ...cut, paths: pathsOf(cut), encoder: encoderFor(cut.job, settings) };
  const args = audioArguments(job, output, { inputs: AS_INDEXED });
  const file = join(options.scratch, "audio-graph");
  await runFfmpeg({ ...runOf(settings, options), args: await withGraphFile(args, file) });
}

function runOf({ ffmpeg, timeLimitMs }: EngineSettings, { scratch, signal, onProgress }: PartOptions) {
  return { ffmpeg, timeLimitMs, cwd: scratch, ...(signal && { signal }), ...(onProgress && { onProgress }) };
}

const pathsOf = ({ job }: Pick<PreparedCut, "job">): string[] => job.sources.map(({ path }) => path);

/** Clips keep the sources' packets where these fit together; otherwise audio is encoded once for the whole clip. */
function audioWay(cut: PreparedCut, options: RenderOptions): MuxTrack | string | undefined {
  const { plan, sources, probes, timeline } = cut;
  if (timeline.pieces.every(({ source }) => probes[source]?.audio === undefined)) return undefined;
  const copied = copiedAudio(plan, sources);
  const isKept =
    copied && !("why" in copied) && (plan.way === "fast" ? fadesSoon(copied, plan) : keepsAudio(copied, cut));
  return isKept ? copied : join(options.scratch, "audio.mp4");
}

import { rm, stat } from "node:fs/promises";
import { CorruptSourceError } from "@camclips/mp4";
import type { ClockLayout } from "../clock/burned/layout.ts";
import { hasIntraRefresh } from "../cut/idr.ts";
import { openSources } from "../cut/mux-clip.ts";
import { AudioError, NoFrameError, VerificationError } from "../errors.ts";
import { BLAME_LOG, mayBlameInput } from "../ffmpeg/blame.ts";
import { damageIn } from "../ffmpeg/damage.ts";
import { FfmpegError } from "../ffmpeg/errors.ts";
import { inputArguments } from "../ffmpeg/input-arguments.ts";
import { runFfmpeg } from "../ffmpeg/run-ffmpeg.ts";
import { type EngineSettings, encoderFor } from "../ffmpeg/settings.ts";
import type { RenderJob, RenderOptions, RenderReport, RenderSource } from "../media-engine.ts";
import { clipPicture, type Picture } from "../probe/picture.ts";
import { audioNote, type MediaProbe, probeMedia, withLostAudio } from "../probe/probe.ts";
import { audioCoverageOf } from "../timeline/audio.ts";
import { type Piece, planTimeline, type Timeline } from "../timeline/timeline.ts";
import { clockAnchors } from "../timeline/wall-clock.ts";
import { readLists } from "../verify/looks.ts";
import { plannedPictures } from "../verify/planned-pictures.ts";
import { verifyClip } from "../verify/verify.ts";
import { verifyAudio } from "../verify/verify-audio.ts";
import { withoutBrokenAudio } from "./broken-audio.ts";
import { type Encoded, encodeInGroups, PIECES_AT_ONCE, type Run } from "./encode-groups.ts";
import { type ExactJob, prepareRun } from "./exact-arguments.ts";
import { coverageWithout } from "./lost-frames.ts";
import { undecoded } from "./undecoded.ts";

/** A job whose sources have been looked at. */
export interface PreparedJob {
  job: RenderJob;
  probes: MediaProbe[];
  timeline: Timeline;
  /** Drawn into the pictures. */
  clock?: ClockLayout;
}

type Ways = Pick<EngineSettings, "ffmpeg" | "timeLimitMs"> & { signal?: AbortSignal | undefined };
type ScratchWays = Ways & { scratch: string };

/**
 * Looks at all sources and plans the clip.
 * @throws CorruptSourceError when a source is no video, NoFrameError when none holds a frame of the clip, VerificationError
 * when one does not hold its recording's frames.
 */
export async function prepareJob(job: RenderJob, ways: Ways): Promise<PreparedJob> {
  const probes: MediaProbe[] = [];
  for (const source of job.sources) {
    const { video, ...probe } = withLostAudio(await probeMedia(source.path, ways), source);
    probes.push({ ...probe, video: { ...video, refreshes: await refreshes(source.path, ways.signal) } });
  }
  const timeline = planTimeline(job, probes);
  if (timeline === undefined) throw new NoFrameError("no source holds a frame of the clip");
  return { job, probes, timeline };
}

/** Of files that ffmpeg alone reads, it is not known. */
async function refreshes(path: string, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    await using opened = await openSources([path], signal);
    return await hasIntraRefresh(opened.sources);
  } catch (error) {
    if (error instanceof CorruptSourceError) return false;
    throw error;
  }
}

/** The size of all its frames: that of its first source. */
export function pictureOf({ probes, timeline }: PreparedJob): Picture {
  const first = probes[timeline.pieces[0]?.source ?? 0];
  if (first === undefined) throw new TypeError("a clip needs a probed source");
  return clipPicture(first.video);
}

/**
 * Re-encodes all frames of a clip in one run of ffmpeg, and reads the result back before it is reported.
 * @param why what the report says about this way of cutting.
 * @throws CorruptSourceError, VerificationError, FfmpegError; then no output file is left.
 */
export async function renderExact(
  prepared: PreparedJob,
  settings: EngineSettings,
  options: RenderOptions,
  why: string,
): Promise<RenderReport> {
  const { ffmpeg, timeLimitMs } = settings;
  const ways = { ffmpeg, timeLimitMs, signal: options.signal, scratch: options.scratch };
  const { job } = prepared;
  try {
    const first = await encode(prepared, settings, options);
    const isWhole = damageIn(first.log) === undefined && !job.sources.some(isBroken);
    const damaged = isWhole ? undefined : await withoutUndecoded(prepared, ways);
    const { shown } = damaged ? await encode(damaged, settings, options) : first;
    const report = await readBack(damaged ?? prepared, ways, why, { log: first.log, shown });
    await verifyAudio({ ...prepared, path: job.output, copied: false, isIndexed: false }, ways);
    options.onProgress?.(100);
    return report;
  } catch (error) {
    const paths = job.sources.map(({ path }) => path);
    const probes = error instanceof AudioError ? await withoutBrokenAudio(paths, prepared.probes, ways) : undefined;
    if (probes) return renderExact({ ...prepared, probes }, settings, options, `${why}; broken audio is left out`);
    await rm(job.output, { force: true });
    const isAboutClip = error instanceof FfmpegError ? error.exitCode !== null : error instanceof VerificationError;
    if (isAboutClip) await blameSource(prepared, ways, error);
    throw error;
  }
}

async function encode(prepared: PreparedJob, settings: EngineSettings, options: RenderOptions): Promise<Encoded> {
  const { job, probes, timeline, clock } = prepared;
  const { ffmpeg, timeLimitMs } = settings;
  const exact: ExactJob = {
    paths: job.sources.map(({ path }) => path),
    probes,
    timeline,
    picture: pictureOf(prepared),
    startMs: job.startMs,
    threads: settings.threads,
    encoder: encoderFor(job, settings),
    clock,
    scratch: options.scratch,
    output: job.output,
  };
  const told = (seconds: number) => options.onProgress?.(Math.min(99, (100 * seconds) / timeline.durationSeconds));
  const { signal, scratch: cwd } = options;
  const run: Run = (args, onProgress) =>
    runFfmpeg({ ffmpeg, timeLimitMs, ...(signal && { signal }), args, cwd, onProgress });
  if (timeline.pieces.length > PIECES_AT_ONCE) return encodeInGroups(exact, run, told);
  const log = await run(await prepareRun(exact, signal), told);
  return { log, shown: await readLists(timeline.pieces.length, options.scratch) };
}

/**
 * The same job without the frames that do not come out whole; undefined when all that are needed do.
 * @throws CorruptSourceError when a source has not one that does
 */
async function withoutUndecoded(prepared: PreparedJob, ways: Ways): Promise<PreparedJob | undefined> {
  const { job, probes, timeline } = prepared;
  const pieces: Piece[] = [];
  for (const piece of timeline.pieces) {
    const { path = "", brokenSeconds = [] } = job.sources[piece.source] ?? {};
    const video = probes[piece.source]?.video;
    pieces.push({ ...piece, lost: video ? await undecoded({ path, video, brokenSeconds }, piece.cuts, ways) : [] });
  }
  if (pieces.every(({ lost }) => lost?.length === 0)) return undefined;
  for (const [source, { path }] of job.sources.entries()) {
    const own = pieces.filter((piece) => piece.source === source);
    if (own.length > 0 && own.every(isAllLost)) throw new CorruptSourceError(path, "none of its frames can be decoded");
  }
  return { ...prepared, timeline: { ...timeline, pieces } };
}

function isBroken({ brokenSeconds = [] }: RenderSource): boolean {
  return brokenSeconds.length > 0;
}

function isAllLost({ cuts, lost = [] }: Piece): boolean {
  return lost.some(({ inSeconds, outSeconds }) => inSeconds <= cuts.firstSeconds && outSeconds >= cuts.lastSeconds);
}

async function readBack(
  prepared: PreparedJob,
  ways: ScratchWays,
  why: string,
  { log, shown }: Encoded,
): Promise<RenderReport> {
  const { job, probes, timeline, clock } = prepared;
  const { expected } = timeline;
  const audio = timeline.pieces.some(({ source }) => probes[source]?.audio !== undefined);
  const picture = pictureOf(prepared);
  const frameSeconds = expected.map(({ seconds }) => seconds);
  const burned = clock && { layout: clock, expected, durationSeconds: timeline.durationSeconds };
  const pictures = { planned: plannedPictures(timeline), shown, clock: burned };
  const { missing, probe, durationMs } = await verifyClip(
    { path: job.output, frameSeconds, ...picture, audio, pictures },
    ways,
  );
  const coverage = coverageWithout(job, timeline, missing, log);
  const note = missing.length > 0 ? `; ${missing.length} frames were damaged and could not be shown` : "";
  return {
    precision: "exact",
    why: why + note + audioNote(timeline.pieces.map(({ source }) => probes[source])),
    bytes: (await stat(job.output)).size,
    width: picture.width,
    height: picture.height,
    frames: probe.video.times.length,
    encodedFrames: probe.video.times.length,
    audio,
    audioCoverage: audioCoverageOf(job, timeline, probes, coverage.delivered),
    ...coverage,
    durationMs,
    anchors: clockAnchors(timeline),
  };
}

/** The clip as a whole has failed: finds the source of which not one frame can be decoded, if there is one. */
async function blameSource({ job, timeline }: PreparedJob, ways: Ways, cause: unknown): Promise<void> {
  for (const { source, cuts } of timeline.pieces) {
    const path = job.sources[source]?.path ?? "";
    const seek = ["-ss", Math.max(0, cuts.firstSeconds).toFixed(6)];
    const args = [
      "-v",
      BLAME_LOG,
      "-xerror",
      ...inputArguments(path, seek),
      "-map",
      "0:V:0",
      "-frames:v",
      "1",
      "-f",
      "null",
      "-",
    ];
    try {
      await runFfmpeg({ ...ways, args });
    } catch (error) {
      if (!mayBlameInput(error)) throw error;
      throw new CorruptSourceError(path, "cannot be decoded", { cause });
    }
  }
}

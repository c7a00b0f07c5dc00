import { join } from "node:path";
import { brokenMessage, clipKey, requestKey } from "@camclips/core";
import {
  type AnyFact,
  ClipRejected,
  ClipRendered,
  type ClipRequest,
  type Coverage,
  type Gap,
  type Reason,
  type Rerun,
  SourcesDownloaded,
  type StagedSource,
} from "@camclips/events";
import type { RenderReport, RenderSource } from "@camclips/media";
import { CorruptSourceError } from "@camclips/mp4";
import { lambdaHandler } from "../lambda/handler.ts";
import type { Deps } from "../runtime/deps.ts";
import { downloadFile, sha256Of, uploadFile } from "../runtime/files.ts";
import { defineStage } from "../runtime/process.ts";
import { openCopied } from "../sources/open-copied.ts";

type Needs = Pick<
  Deps,
  "work" | "destination" | "records" | "media" | "scratch" | "settings" | "metrics" | "onProgress"
>;

/** Cuts the clip out of the staged sources, and puts it under its final key once it is verified. */
export const renderClip = defineStage(
  "render-clip",
  [SourcesDownloaded],
  async ({ data, metadata }, deps: Needs, signal) => {
    const { request } = data;
    await using scratch = await deps.scratch();
    const sources: RenderSource[] = [];
    const names = new Map<string, string>();
    const gaps = [...data.gaps];
    const whys: string[] = [];
    for (const [index, staged] of data.sources.entries()) {
      const path = join(scratch.path, `source-${index}.mp4`);
      await downloadFile(deps.work, staged.key, path, signal);
      const opened = await openStaged(staged, path, deps, { scratch: scratch.path, signal });
      if ("gap" in opened) {
        gaps.push(opened.gap);
        whys.push(...opened.whys);
        continue;
      }
      names.set(opened.path, staged.originKey);
      sources.push(opened);
    }
    const output = join(scratch.path, "clip.mp4");
    const files = { output, scratch: scratch.path, names, whys };
    const cut = await cutUsable(request, sources, gaps, files, deps, signal);
    if ("rejected" in cut) return [cut.rejected];

    const sha256 = await sha256Of(output, signal);
    const key = clipKey(request.cameraId, request.clipId);
    const { report, coverage } = cut;
    const file = { key, path: output, sha256, deliveredMs: deliveredMs(coverage) };
    const refused = await publishFile(file, { request, rerun: metadata.rerun }, deps, signal);
    if (refused) return [refused];
    deps.metrics.add("BytesOut", report.bytes, "Bytes");
    const { bytes, durationMs, width, height, frames, encodedFrames, audio, precision, why } = report;
    const clip = { key, bytes, sha256, durationMs, width, height, frames, encodedFrames, audio, precision, why };
    return [ClipRendered.happened({ request, clip, coverage })];
  },
);

/** A staged file as the renderer takes it, or what is missing for want of it. */
async function openStaged(
  { method, bytes, originKey, zeroMs, fromMs, toMs, previousFrameMs, lastFrameEndMs }: StagedSource,
  path: string,
  deps: Needs,
  options: { scratch: string; signal: AbortSignal },
): Promise<RenderSource | { gap: Gap; whys: string[] }> {
  const source = { path, zeroMs, fromMs, toMs, previousFrameMs, lastFrameEndMs };
  if (method === "sliced") return source;
  const gap = { startMs: fromMs, endMs: toMs };
  try {
    const opened = await openCopied(source, bytes, deps, options);
    return opened ?? { gap: { ...gap, cause: "NOT_RECORDED" }, whys: [] };
  } catch (error) {
    if (!(error instanceof CorruptSourceError)) throw error;
    return { gap: { ...gap, cause: "CORRUPT_SOURCE" }, whys: [error.message.replaceAll(path, originKey)] };
  }
}

interface Files {
  output: string;
  scratch: string;
  /** Keys of the recordings, by the paths of their staged files. */
  names: ReadonlyMap<string, string>;
  /** What is wrong with the sources that were left out so far. */
  whys: readonly string[];
}

type Cut = { report: RenderReport; coverage: Coverage } | { rejected: AnyFact };

/** Renders; a source that turns out to be broken is left out, and what it should have shown becomes a gap. */
async function cutUsable(
  request: ClipRequest,
  sources: readonly RenderSource[],
  gaps: readonly Gap[],
  files: Files,
  deps: Pick<Needs, "media" | "settings" | "onProgress">,
  signal: AbortSignal,
): Promise<Cut> {
  const { media, settings, onProgress } = deps;
  const { output, scratch, names, whys } = files;
  const { startMs, endMs, gapPolicy, precision = settings.CLIP_PRECISION } = request;
  const isRefused = (missing: readonly Gap[]) => gapPolicy === "REJECT" && missing.length > 0;
  if (sources.length === 0 || isRefused(gaps)) return { rejected: rejectBroken(request, gaps, whys) };
  const policy = gapPolicy === "REJECT" ? "SKIP_GAPS" : gapPolicy;
  const job = {
    sources: [...sources],
    startMs,
    endMs,
    gapPolicy: policy,
    joinToleranceMs: settings.JOIN_TOLERANCE_MS,
    precision,
    output,
  };
  try {
    const report = await media.renderClip(job, { scratch, signal, onProgress: onProgress(request.clipId) });
    const coverage = coverageOf(request, report, gaps);
    // Some gaps show only among the frames.
    return isRefused(coverage.gaps) ? { rejected: rejectBroken(request, coverage.gaps, whys) } : { report, coverage };
  } catch (error) {
    const broken = error instanceof CorruptSourceError && sources.find(({ path }) => path === error.source);
    if (!broken) throw error;
    const gap: Gap = { startMs: broken.fromMs, endMs: broken.toMs, cause: "CORRUPT_SOURCE" };
    const others = sources.filter((source) => source !== broken);
    const why = error.message.replaceAll(broken.path, names.get(broken.path) ?? "a recording");
    return cutUsable(request, others, [...gaps, gap], { ...files, whys: [...whys, why] }, deps, signal);
  }
}

function rejectBroken(request: ClipRequest, gaps: readonly Gap[], whys: readonly string[]): AnyFact {
  const allBroken = request.gapPolicy !== "REJECT";
  const message = allBroken
    ? brokenMessage(whys)
    : "a part of the range is missing or broken, and gapPolicy REJECT asks for all or nothing";
  const isEmpty = allBroken && gaps.length > 0 && gaps.every(({ cause }) => cause === "NOT_RECORDED");
  return ClipRejected.happened({
    request,
    status: allBroken && !isEmpty ? "FATAL_ERROR" : "CLIP_NOT_AVAILABLE",
    reason: isEmpty ? "NO_FOOTAGE" : allBroken ? "CORRUPT_SOURCE" : "GAP_FINAL",
    message: isEmpty ? "there are no recordings of the range, and none will come" : message,
    coverage: {
      requested: [request.startMs, request.endMs],
      delivered: [],
      gaps: [...gaps],
      startErrorMs: 0,
      endErrorMs: 0,
    },
  });
}

/** The renderer sees only that something is missing; why, was found out before. */
function coverageOf({ startMs, endMs }: ClipRequest, report: RenderReport, known: readonly Gap[]): Coverage {
  const gaps = report.gaps.map((gap): Gap => {
    const explained = known.find((other) => other.startMs < gap.endMs && gap.startMs < other.endMs);
    return { ...gap, cause: explained?.cause ?? gap.cause };
  });
  const { delivered, startErrorMs, endErrorMs } = report;
  return { requested: [startMs, endMs], delivered, gaps, startErrorMs, endErrorMs, audio: report.audioCoverage };
}

interface ClipFile {
  key: string;
  path: string;
  sha256: string;
  /** How much of the range it holds. */
  deliveredMs: number;
}

/** Puts the clip under its public key. A crash between this and the event is met by the same bytes again. */
async function publishFile(
  { key, path, sha256, deliveredMs }: ClipFile,
  { request, rerun }: { request: ClipRequest; rerun: Rerun | undefined },
  { destination, records }: Needs,
  signal: AbortSignal,
): Promise<AnyFact | undefined> {
  const metadata = { request: requestKey(request), sha256, delivered: String(deliveredMs) };
  const options = { contentType: "video/mp4", metadata, signal };
  const { written } = await uploadFile(destination, key, path, { ...options, ifAbsent: true });
  if (written) return undefined;
  const existing = await destination.info(key, signal);
  if (existing?.metadata.sha256 === sha256) return undefined;
  if (existing?.metadata.request !== metadata.request) {
    const message = `${key} already holds a clip of another request, which stays: use a new clipId`;
    return reject(request, "INVALID_REQUEST", message, true);
  }
  const told = await records.status(request.clipId, signal);
  const isDelivered = told?.outcome === "CLIP_AVAILABLE" && told.requestKey === metadata.request;
  const kept = isDelivered && whyKept(Number(existing.metadata.delivered), deliveredMs, rerun);
  if (kept) return reject(request, "ALREADY_DELIVERED", `${key} stays as it was delivered: ${kept}`, false);
  await uploadFile(destination, key, path, options);
  return undefined;
}

/** Whoever was told of a clip finds what was told: other bytes take its place only when they are told, too, and hold no less. */
function whyKept(hadMs: number, hasMs: number, rerun: Rerun | undefined): string | undefined {
  if (hasMs < hadMs) return `it holds ${hadMs} ms of the range, and this run found ${hasMs} ms`;
  return rerun?.notify ? undefined : "this run made other bytes, and would tell nobody; --notify replaces the clip";
}

const deliveredMs = ({ delivered }: Coverage): number =>
  Math.round(delivered.reduce((sum, [start, end]) => sum + end - start, 0));

function reject(request: ClipRequest, reason: Reason, message: string, conflict: boolean): AnyFact {
  return ClipRejected.happened({ request, status: "FATAL_ERROR", reason, message, conflict });
}

export const handler = lambdaHandler(renderClip, async (environment) =>
  (await import("../lambda/connect-media.ts")).connectMedia(environment),
);

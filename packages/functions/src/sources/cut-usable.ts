import { brokenMessage } from "@camclips/core";
import { type AnyFact, ClipRejected, type ClipRequest, type Coverage, type Gap } from "@camclips/events";
import { type CutEngine, NoFrameError, type RenderReport } from "@camclips/media";
import { CorruptSourceError } from "@camclips/mp4";
import type { Deps } from "../runtime/deps.ts";
import type { UsableSources } from "./open-staged.ts";

type Needs = Pick<Deps, "settings" | "onProgress"> & { media: CutEngine };

/** What a clip is rendered out of, and the camera's name where it is known. */
export interface Renderable extends UsableSources {
  alias?: string | undefined;
}

type Cut = { report: RenderReport; coverage: Coverage } | { rejected: AnyFact };

/** Renders; a source that turns out to be broken is left out, and what it should have shown becomes a gap. */
export async function cutUsable(
  request: ClipRequest,
  usable: Renderable,
  files: { output: string; scratch: string },
  deps: Needs,
  signal: AbortSignal,
): Promise<Cut> {
  const { media, settings, onProgress } = deps;
  const { output, scratch } = files;
  const { sources, names, gaps, whys } = usable;
  const { startMs, endMs, gapPolicy, precision = settings.CLIP_PRECISION, quality } = request;
  const { clock: way = settings.CLIP_CLOCK } = request;
  const { codec = settings.CLIP_CODEC } = request;
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
    quality,
    clock: way === "none" ? undefined : { way, zone: settings.CLOCK_ZONE, name: usable.alias ?? request.cameraId },
    codec,
    output,
  };
  try {
    const report = await media.renderClip(job, { scratch, signal, onProgress: onProgress(request.clipId) });
    const coverage = coverageOf(request, report, gaps);
    // Some gaps show only among the frames.
    return isRefused(coverage.gaps) ? { rejected: rejectBroken(request, coverage.gaps, whys) } : { report, coverage };
  } catch (error) {
    if (error instanceof NoFrameError) {
      const empty = sources.map(({ fromMs, toMs }): Gap => ({ startMs: fromMs, endMs: toMs, cause: "NOT_RECORDED" }));
      return { rejected: rejectBroken(request, [...gaps, ...empty], whys) };
    }
    const broken = error instanceof CorruptSourceError && sources.find(({ path }) => path === error.source);
    if (!broken) throw error;
    const gap: Gap = { startMs: broken.fromMs, endMs: broken.toMs, cause: "CORRUPT_SOURCE" };
    const others = sources.filter((source) => source !== broken);
    const why = error.message.replaceAll(broken.path, names.get(broken.path) ?? "a recording");
    const left = { alias: usable.alias, sources: others, names, gaps: [...gaps, gap], whys: [...whys, why] };
    return cutUsable(request, left, files, deps, signal);
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
  const { delivered, held, startErrorMs, endErrorMs, audioCoverage: audio } = report;
  const told = held.length > 0 ? { gaps, held } : { gaps };
  return { requested: [startMs, endMs], delivered, ...told, startErrorMs, endErrorMs, audio };
}

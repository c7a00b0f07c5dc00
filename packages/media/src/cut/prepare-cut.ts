import type { RenderJob } from "../media-engine.ts";
import { movieProbe } from "../probe/movie-probe.ts";
import { type MediaProbe, withLostAudio } from "../probe/probe.ts";
import { planTimeline, type Timeline } from "../timeline/timeline.ts";
import type { CutPlan, CutRequest, CutSource } from "./cut-plan.ts";
import { findEntries, findStart, hasIntraRefresh, hasUntoldOrder } from "./idr.ts";
import { planCut } from "./plan-cut.ts";

/** Frames cannot be kept; all have to be encoded again. */
export interface NotCut {
  /** Words that continue "all frames were re-encoded: ". */
  notCut: string;
}

export interface PreparedCut {
  job: RenderJob;
  sources: CutSource[];
  probes: MediaProbe[];
  timeline: Timeline;
  plan: CutPlan;
}

/**
 * Plans how the job's sources are cut, without starting ffmpeg.
 * @param mayChain whether frames may be copied that lie between keyframes: see PictureChain
 */
export async function prepareCut(job: RenderJob, sources: CutSource[], mayChain = true): Promise<PreparedCut | NotCut> {
  const movies = sources.map(({ movie }) => movie);
  const probes = movies.flatMap((movie, index) => {
    const probe = movieProbe(movie);
    return probe ? [withLostAudio(probe, job.sources[index] ?? {})] : [];
  });
  if (probes.length < movies.length) return { notCut: "a source has no video frames" };
  const timeline = planTimeline(job, probes);
  if (!timeline) return { notCut: "no source holds a frame of the clip" };
  if (await hasIntraRefresh(sources))
    return { notCut: "a recording's keyframes are no whole pictures (intra refresh)" };
  if (await hasUntoldOrder(sources)) return { notCut: "a recording's index does not tell the order of its frames" };
  const { pieces: parts, leadFrames, durationSeconds } = timeline;
  const request = { parts, leadFrames, durationSeconds, codec: job.codec };
  const entries = await findEntries(request, sources);
  const fast = job.precision === "fast" ? await fastPlan(request, sources, entries) : undefined;
  const chains = async () => {
    if (!mayChain) return [];
    const { findChains } = await import("./picture-chain.ts");
    return findChains(request, sources, entries);
  };
  const plan = fast?.way === "fast" ? fast : planCut(request, movies, entries, await chains());
  if (plan.way === "exact") return { notCut: plan.why };
  const why = fast?.way === "exact" ? `${plan.why}, because an edit list is not enough: ${fast.why}` : plan.why;
  return { job, sources, probes, timeline, plan: { ...plan, why } };
}

async function fastPlan(request: CutRequest, sources: CutSource[], entries: readonly number[]) {
  const { planFast } = await import("./plan-fast.ts");
  const movies = sources.map(({ movie }) => movie);
  return planFast(request, movies, entries, await findStart(request, sources));
}

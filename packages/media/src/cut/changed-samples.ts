import type { ChangedSample, CopySegment, CutPlan, CutSource } from "./cut-plan.ts";

/** Copied samples that go into a clip otherwise than they are stored, by segment and index. */
export type ChangedSamples = ReadonlyMap<CopySegment, ReadonlyMap<number, ChangedSample>>;

export async function changedSamples(plan: CutPlan, sources: readonly CutSource[]): Promise<ChangedSamples> {
  const changed = new Map<CopySegment, ReadonlyMap<number, ChangedSample>>();
  for (const segment of plan.segments) {
    const source = segment.kind === "copy" ? sources[segment.source] : undefined;
    if (segment.kind !== "copy" || !source) continue;
    if (segment.chain) changed.set(segment, await inChain(segment, source));
    else if (plan.encoder.codec === "hevc") changed.set(segment, await keyframesOf(segment, source, plan));
  }
  return changed;
}

async function inChain(segment: CopySegment, source: CutSource): Promise<ReadonlyMap<number, ChangedSample>> {
  const { chainedSamples } = await import("./chained-samples.ts");
  return chainedSamples(segment, source);
}

async function keyframesOf(segment: CopySegment, source: CutSource, plan: CutPlan) {
  const { changedKeyframes } = await import("./hevc-keyframes.ts");
  return changedKeyframes(segment, source, plan);
}

import type { ByteSource } from "@camclips/mp4";
import type { CopySegment, CutPlan, CutSource } from "./cut-plan.ts";
import { changedKeyframes } from "./hevc-keyframes.ts";

/** Samples that go into a clip otherwise than their recording has them, by segment and index. */
export type ChangedSamples = ReadonlyMap<CopySegment, ReadonlyMap<number, ByteSource>>;

export async function changedSamples(plan: CutPlan, sources: readonly CutSource[]): Promise<ChangedSamples> {
  const changed = new Map<CopySegment, ReadonlyMap<number, ByteSource>>();
  for (const segment of plan.segments) {
    const source = segment.kind === "copy" ? sources[segment.source] : undefined;
    if (segment.kind !== "copy" || !source) continue;
    const own = segment.chain ? inChain(segment, source) : changedKeyframes(segment, source, plan);
    changed.set(segment, await own);
  }
  return changed;
}

async function inChain(segment: CopySegment, source: CutSource): Promise<ReadonlyMap<number, ByteSource>> {
  const { chainedSamples } = await import("./enter-chain.ts");
  return chainedSamples(segment, source);
}

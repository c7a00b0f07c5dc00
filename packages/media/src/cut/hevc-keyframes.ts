import {
  type ByteSource,
  firstTrack,
  HEVC_NAL,
  hevcNalType,
  hevcSets,
  isHevcSet,
  isHevcSlice,
  memorySource,
  nalUnits,
  onlyDescription,
  presentationSeconds,
  withLengths,
} from "@camclips/mp4";
import { type ChangedSample, type CopySegment, type CutPlan, type CutSource, copiedSamples } from "./cut-plan.ts";
import { withInserted } from "./with-inserted.ts";

/** A delimiter and the head of what follows it. */
const HEAD_BYTES = 64;

/**
 * What copied keyframes of HEVC have to say in a clip beside what they say in their recording:
 *
 * - A CRA picture continues the stream before it: decoders count its place in the order of pictures on from there. Behind
 *   another stream it has to be a BLA picture, "broken link", which is the same but for the type of its slices, five bits in
 *   each (ITU-T H.265, 8.1.3 and 8.3.1).
 * - Where other frames are encoded, its recording's parameter sets. hvcC has all of them, but Firefox takes only the first
 *   ones out of that, and whatever a keyframe brings along instead.
 */
export async function changedKeyframes(
  segment: CopySegment,
  { bytes, movie }: CutSource,
  plan: CutPlan,
): Promise<ReadonlyMap<number, ChangedSample>> {
  const changed = new Map<number, ChangedSample>();
  const video = firstTrack(movie, "vide");
  const hevc = video && onlyDescription(video)?.video?.hevc;
  if (!hevc) return changed;
  const sets = plan.encodedFrames > 0 ? withLengths(hevcSets(hevc)) : Buffer.alloc(0);
  for (const index of copiedSamples(segment)) {
    if (video.samples.sync[index] !== 1) continue;
    const [offset, size] = [video.samples.offset[index] ?? 0, video.samples.size[index] ?? 0];
    const isBehindOthers = index === segment.first && segment !== plan.segments[0];
    const keyframe = isBehindOthers
      ? asBrokenLink(await bytes.read(offset, offset + size))
      : { bytes, offset, size, isChanged: false };
    const at = placeOfSets(await keyframe.bytes.read(keyframe.offset, keyframe.offset + Math.min(size, HEAD_BYTES)));
    if (at !== undefined && sets.length > 0) changed.set(index, whole(withInserted(keyframe, at, sets)));
    else if (keyframe.isChanged) changed.set(index, whole(keyframe.bytes));
  }
  return changed;
}

function whole(source: ByteSource): ChangedSample {
  return { source, offset: 0, size: source.size };
}

/** Where copied frames of HEVC come behind others, seconds in the clip. */
export function hevcJoins(plan: CutPlan, sources: readonly CutSource[]): number[] {
  return plan.segments.slice(1).flatMap((segment) => {
    const source = segment.kind === "copy" ? sources[segment.source] : undefined;
    const video = source && firstTrack(source.movie, "vide");
    if (segment.kind !== "copy" || !video) return [];
    return [presentationSeconds(video, segment.first) + segment.offsetSeconds];
  });
}

/** Where parameter sets go, which is behind a delimiter; `undefined` where the sample has them. */
function placeOfSets(head: Uint8Array): number | undefined {
  const [first, second] = nalUnits(head);
  if (!first) return undefined;
  const isDelimiter = hevcNalType(first.bytes) === HEVC_NAL.delimiter;
  const next = isDelimiter ? second : first;
  if (next && isHevcSet(hevcNalType(next.bytes))) return undefined;
  return isDelimiter ? 4 + first.bytes.length : 0;
}

function asBrokenLink(sample: Uint8Array) {
  const bytes = retyped(sample, HEVC_NAL.cra, HEVC_NAL.brokenLinkAlone);
  const isChanged = !bytes.equals(sample);
  return { bytes: memorySource(bytes), offset: 0, size: bytes.length, isChanged };
}

/**
 * What must be the same in a clip's sample and its recording's: all but parameter sets, which are looked at elsewhere.
 * @param mayBreak whether it may be a broken link
 */
export function sameInClip(sample: Uint8Array, mayBreak: boolean): Buffer {
  const units = [...nalUnits(sample)].map(({ bytes }) => bytes).filter((nal) => !isHevcSet(hevcNalType(nal)));
  const kept = withLengths(units);
  return mayBreak ? retyped(kept, HEVC_NAL.brokenLinkAlone, HEVC_NAL.cra) : kept;
}

function retyped(sample: Uint8Array, from: number, to: number): Buffer {
  const bytes = Buffer.from(sample);
  for (const { bytes: nal } of nalUnits(bytes)) {
    const type = hevcNalType(nal);
    // The units lie in `bytes` itself.
    if (isHevcSlice(type) && type === from) nal[0] = ((nal[0] ?? 0) & 0x81) | (to << 1);
  }
  return bytes;
}

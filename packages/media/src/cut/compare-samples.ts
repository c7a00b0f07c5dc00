import {
  type AvcConfig,
  type ByteSource,
  fileSource,
  firstTrack,
  nalKind,
  nalUnits,
  onlyDescription,
  presentationSeconds,
  readMovie,
  samplesOf,
  TIME_TOLERANCE_SECONDS,
} from "@camclips/mp4";
import { VerificationError } from "../errors.ts";
import { type CutPlan, type CutSource, copiedSamples } from "./cut-plan.ts";
import { setText, setTexts } from "./set-text.ts";
import { Window } from "./window.ts";

/** What a clip must hold as one of its samples, and when it is shown. */
export interface PlannedSample {
  source: ByteSource;
  offset: number;
  size: number;
  seconds: number;
  /** A keyframe that may say more than its recording's, and what it may say: see changedKeyframes. */
  keyframe?: { mayBreak: boolean };
  /** It is one of a chain of pictures: its numbers, by which pictures are told apart, may be others. */
  isChained?: boolean;
}

/**
 * A plan's samples in decode order, told from the sources alone.
 * @param encoded the encoded files, in the order of the plan's encode segments
 */
export function plannedSamples(
  plan: CutPlan,
  sources: readonly CutSource[],
  encoded: readonly CutSource[],
): PlannedSample[] {
  const parts = [...encoded];
  return plan.segments.flatMap((segment) => {
    const file = segment.kind === "copy" ? sources[segment.source] : parts.shift();
    const track = file && firstTrack(file.movie, "vide");
    if (!file || !track) return [];
    const indices = segment.kind === "copy" ? copiedSamples(segment) : segment.frameSeconds.map((_, i) => i);
    return indices.flatMap((index, i) => {
      const own = segment.kind === "copy" ? presentationSeconds(track, index) : (segment.frameSeconds[i] ?? 0);
      const mayBreak = i === 0 && segment !== plan.segments[0];
      const isKeyframe = segment.kind === "copy" && track.samples.sync[index] === 1;
      const isChained = segment.kind === "copy" && index < (segment.chain?.until ?? 0);
      return samplesOf(track, file.bytes, index, index).map(({ source, offset, size }) => {
        return {
          source,
          offset,
          size,
          seconds: own + segment.offsetSeconds,
          ...(isKeyframe && { keyframe: { mayBreak } }),
          ...(isChained && { isChained }),
        };
      });
    });
  });
}

/**
 * Reads a clip back and compares every sample, byte by byte, with what was planned.
 * @throws VerificationError when one is another, is shown at another time, or carries parameter sets that are not the clip's
 */
export async function compareSamples(
  path: string,
  planned: readonly PlannedSample[],
  signal?: AbortSignal,
): Promise<void> {
  await using file = await fileSource(path);
  const video = firstTrack(await readMovie(file, path, signal), "vide");
  if (!video || video.samples.count !== planned.length) {
    throw new VerificationError(`the clip has ${video?.samples.count} frames, planned were ${planned.length}`);
  }
  const entry = onlyDescription(video)?.video;
  const kind = nalKind(video);
  const sets = new Set(entry && setTexts(entry));
  const isSamePicture =
    entry?.avc && planned.some(({ isChained }) => isChained) ? await samePicture(entry.avc) : undefined;
  const isSameKeyframe = entry?.hevc ? await sameKeyframe() : undefined;
  const clip = new Window(file, signal);
  // Planned samples come source by source, of which there may be hundreds.
  let window: Window | undefined;
  for (const [i, { source, offset, size, seconds, keyframe, isChained }] of planned.entries()) {
    const start = video.samples.offset[i] ?? 0;
    if (window?.source !== source) window = new Window(source, signal);
    const bytes = await clip.at(start, start + (video.samples.size[i] ?? 0));
    const where = `the clip's frame at ${seconds.toFixed(3)} s`;
    const own = await window.at(offset, offset + size);
    const isSame =
      bytes.equals(own) ||
      (keyframe && isSameKeyframe?.(bytes, own, keyframe)) ||
      (isChained && isSamePicture?.(bytes, own, planned[i - 1]?.isChained !== true));
    if (!isSame) throw new VerificationError(`${where} is not its source's, byte by byte`);
    if (Math.abs(presentationSeconds(video, i) - seconds) > TIME_TOLERANCE_SECONDS)
      throw new VerificationError(`${where} is shown at ${presentationSeconds(video, i).toFixed(3)} s`);
    if (kind && setsIn(bytes, kind).some((set) => !sets.has(setText(set))))
      throw new VerificationError(`${where} changes the parameter sets`);
  }
}

async function sameKeyframe(): Promise<(sample: Buffer, own: Buffer, keyframe: { mayBreak: boolean }) => boolean> {
  const { sameInClip } = await import("./hevc-keyframes.ts");
  return (sample, own, { mayBreak }) => sameInClip(sample, mayBreak).equals(sameInClip(own, mayBreak));
}

/** Whether all but its numbers is the same, and these count on: from 0, which is the picture before the first of a chain. */
async function samePicture(avc: AvcConfig): Promise<(sample: Buffer, own: Buffer, isFirst: boolean) => boolean> {
  const { readAvcSets } = await import("@camclips/mp4/chain");
  const { pictureIn, renumberedPieces } = await import("./picture-chain.ts");
  const sets = readAvcSets(avc);
  const unnumbered = (sample: Buffer) => Buffer.concat(renumberedPieces(sample, sets, "own"));
  let last = 0;
  return (sample, own, isFirst) => {
    const picture = pictureIn(sample, sets);
    if (!picture) return false;
    if (isFirst) last = 0;
    const { frameNumber, isReference, sps } = picture;
    const counts = frameNumber === (last + 1) % 2 ** sps.frameNumBits;
    if (isReference) last = frameNumber;
    return counts && unnumbered(sample).equals(unnumbered(own));
  };
}

/** Parameter sets within a sample of 4-byte NAL lengths; none where the lengths do not fit: other damage is found elsewhere. */
function setsIn(sample: Buffer, { setTypes, typeOf }: NonNullable<ReturnType<typeof nalKind>>): Buffer[] {
  const units = [...nalUnits(sample)];
  if (units.some(({ isCut }) => isCut)) return [];
  return units.map(({ bytes }) => bytes).filter((nal) => setTypes.has(typeOf(nal)));
}

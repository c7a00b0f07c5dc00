import {
  AVC_NAL,
  avcNalType,
  firstTrack,
  isPresented,
  MalformedBoxError,
  nalUnits,
  onlyDescription,
  presentationSeconds,
  type Track,
  withLengths,
} from "@camclips/mp4";
import {
  type AvcSets,
  type ChainedSlice,
  type ChainOrigin,
  readAvcSets,
  readChainedSlice,
  renumberedSlice,
} from "@camclips/mp4/chain";
import type { Piece } from "../timeline/timeline.ts";
import type { CutRequest, CutSource, PictureChain } from "./cut-plan.ts";
import { findEntryFor } from "./idr.ts";

/** Fewer frames are encoded as quickly as one, and take no more bytes. */
const LEAST_FRAMES = 8;
/** Slices, SEI, delimiter and filler: ITU-T H.264, table 7-1. */
const UNITS = new Set<number>([AVC_NAL.firstSlice, AVC_NAL.sei, 9, 12]);

/**
 * For every part the chain of its first frames, where they are one.
 * @param entries see findEntries
 */
export async function findChains(
  { parts }: CutRequest,
  sources: readonly CutSource[],
  entries: readonly number[],
): Promise<(PictureChain | undefined)[]> {
  const chains: (PictureChain | undefined)[] = [];
  for (const [i, part] of parts.entries()) {
    const source = sources[part.source];
    chains.push(source && (await findChain(part, source, entries[i] ?? -1)));
  }
  return chains;
}

async function findChain({ cuts }: Piece, source: CutSource, keyframe: number): Promise<PictureChain | undefined> {
  const video = firstTrack(source.movie, "vide");
  const description = video && onlyDescription(video);
  const avc = description?.video?.avc;
  if (!video || description?.format !== "avc1" || avc?.nalLengthSize !== 4) return undefined;
  const seconds = Array.from({ length: video.samples.count }, (_, i) => presentationSeconds(video, i));
  const entry = seconds.findIndex((time) => time > cuts.inSeconds && time < cuts.outSeconds);
  const behind = seconds.findIndex((time) => time >= cuts.outSeconds);
  const until = keyframe >= 0 ? keyframe : behind < 0 ? seconds.length : behind;
  if (entry < 0 || until - entry < LEAST_FRAMES) return undefined;
  const start = await findEntryFor(source.bytes, video, entry);
  if (start >= entry || !isShownAsStored(video, start, until)) return undefined;
  try {
    const chain = await chained({ source, video, sets: readAvcSets(avc) }, entry, until);
    const { width, height } = description.video ?? {};
    const shown = chain?.sps.crop;
    if (shown?.width !== width || shown?.height !== height) return undefined;
    return chain && { origin: chain.origin, spsId: chain.sps.id, entry, keyframe: start, until };
  } catch (error) {
    if (error instanceof MalformedBoxError) return undefined;
    throw error;
  }
}

function isShownAsStored(video: Track, from: number, until: number): boolean {
  const { compositionOffset } = video.samples;
  for (let i = from; i < until; i++)
    if (compositionOffset[i] !== compositionOffset[from] || !isPresented(video, i)) return false;
  return true;
}

interface Stored {
  source: CutSource;
  video: Track;
  sets: AvcSets;
}

async function chained(
  stored: Stored,
  entry: number,
  until: number,
): Promise<{ origin: ChainOrigin; sps: ChainedSlice["sps"] } | undefined> {
  const first = pictureIn(await sampleOf(stored.source, stored.video, entry), stored.sets);
  if (!first?.isReference || first.sps.hasScalingLists) return undefined;
  const numbers = 2 ** first.sps.frameNumBits;
  let [last, references] = [first.frameNumber, 1];
  for (let i = entry + 1; i < until; i++) {
    const picture = pictureIn(await sampleOf(stored.source, stored.video, i), stored.sets);
    const isNext = picture?.frameNumber === (last + 1) % numbers && picture.sps.id === first.sps.id;
    if (!picture || !isNext || picture.references > references) return undefined;
    if (!picture.isReference) continue;
    last = picture.frameNumber;
    references++;
  }
  return { origin: { frameNumber: first.frameNumber, low: first.low ?? 0 }, sps: first.sps };
}

export async function sampleOf({ bytes }: CutSource, { samples }: Track, index: number): Promise<Buffer> {
  const start = samples.offset[index] ?? 0;
  const { buffer, byteOffset, byteLength } = await bytes.read(start, start + (samples.size[index] ?? 0));
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** What a sample's slices say, where all belong to one picture of a chain. */
export function pictureIn(sample: Buffer, sets: AvcSets): ChainedSlice | undefined {
  let picture: ChainedSlice | undefined;
  for (const { bytes, isCut } of nalUnits(sample)) {
    const type = avcNalType(bytes);
    if (isCut || !UNITS.has(type)) return undefined;
    if (type !== AVC_NAL.firstSlice) continue;
    const slice = readChainedSlice(bytes, sets);
    if (!slice || (picture && !isSamePicture(slice, picture))) return undefined;
    // Each must be one that can be counted anew.
    if (!renumberedSlice(bytes, slice, { frameNumber: 0, low: 0 })) return undefined;
    picture = { ...slice, references: Math.max(slice.references, picture?.references ?? 0) };
  }
  return picture;
}

function isSamePicture(a: ChainedSlice, b: ChainedSlice): boolean {
  return a.frameNumber === b.frameNumber && a.low === b.low && a.isReference === b.isReference && a.sps.id === b.sps.id;
}

/**
 * A sample of a chain with its numbers counted from the chain's first picture.
 * @throws MalformedBoxError when it belongs to no chain
 */
export function renumberedSample(sample: Uint8Array, sets: AvcSets, origin: ChainOrigin | "own"): Buffer {
  const units = [...nalUnits(sample)].map(({ bytes }) => {
    if (avcNalType(bytes) !== AVC_NAL.firstSlice) return bytes;
    const slice = readChainedSlice(bytes, sets);
    const from = origin === "own" && slice ? { frameNumber: slice.frameNumber, low: slice.low ?? 0 } : origin;
    const nal = slice && from !== "own" && renumberedSlice(bytes, slice, from);
    if (!nal) throw new MalformedBoxError("a frame needs others than the one before");
    return nal;
  });
  return withLengths(units);
}

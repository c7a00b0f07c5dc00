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
import { bringsOtherSets, findEntryFor } from "./idr.ts";
import { rangeOf, Window } from "./window.ts";

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
  if (await bringsOtherSets(source.bytes, video, start)) return undefined;
  try {
    const chain = await chained({ source, video, sets: readAvcSets(avc) }, entry, until);
    if (!chain) return undefined;
    const { sps, ...found } = chain;
    const { width, height } = description.video ?? {};
    const { crop } = sps;
    if (crop.width !== width || crop.height !== height) return undefined;
    return { ...found, spsId: sps.id, crop, entry, keyframe: start, keyframeSeconds: seconds[start] ?? 0, until };
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
  { source, video, sets }: Stored,
  entry: number,
  until: number,
): Promise<(Pick<PictureChain, "origin" | "sizes"> & Pick<ChainedSlice, "sps">) | undefined> {
  const window = new Window(source.bytes);
  const sample = (index: number) => window.at(...rangeOf(video, index));
  const first = pictureIn(await sample(entry), sets);
  if (!first?.isReference || first.sps.hasScalingLists) return undefined;
  const origin = { frameNumber: first.frameNumber, low: first.low ?? 0 };
  const numbers = 2 ** first.sps.frameNumBits;
  const sizes = new Uint32Array(until - entry);
  let [last, references] = [first.frameNumber, 1];
  for (let i = entry + 1; i < until; i++) {
    const bytes = await sample(i);
    const picture = pictureIn(bytes, sets);
    const isNext = picture?.frameNumber === (last + 1) % numbers && picture.sps.id === first.sps.id;
    if (!picture || !isNext || picture.references > references) return undefined;
    sizes[i - entry] = renumberedPieces(bytes, sets, origin).reduce((sum, { length }) => sum + length, 0);
    if (!picture.isReference) continue;
    last = picture.frameNumber;
    references++;
  }
  return { origin, sizes, sps: first.sps };
}

/** What a sample's slices say, where all belong to one picture of a chain. */
export function pictureIn(sample: Uint8Array, sets: AvcSets): ChainedSlice | undefined {
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
 * @returns the pieces that it consists of
 * @throws MalformedBoxError when it belongs to no chain
 */
export function renumberedPieces(sample: Uint8Array, sets: AvcSets, origin: ChainOrigin | "own"): Uint8Array[] {
  return [...nalUnits(sample)].flatMap(({ bytes }) => {
    if (avcNalType(bytes) !== AVC_NAL.firstSlice) return [lengthOf(bytes), bytes];
    const slice = readChainedSlice(bytes, sets);
    const from = origin === "own" && slice ? { frameNumber: slice.frameNumber, low: slice.low ?? 0 } : origin;
    const pieces = slice && from !== "own" && renumberedSlice(bytes, slice, from);
    if (!pieces) throw new MalformedBoxError("a frame needs others than the one before");
    return [lengthOf(...pieces), ...pieces];
  });
}

/** The 4 bytes before a unit. */
function lengthOf(...pieces: Uint8Array[]): Uint8Array {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(pieces.reduce((sum, piece) => sum + piece.length, 0));
  return length;
}

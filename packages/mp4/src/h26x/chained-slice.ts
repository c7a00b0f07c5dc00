import { type AvcConfig, bitsOf, readSps, type SpsInfo } from "./avc-config.ts";
import { type PpsInfo, readPps } from "./avc-pps.ts";
import { withEmulation, withoutEmulation } from "./emulation.ts";
import { AVC_NAL, avcNalType } from "./nal-units.ts";

/**
 * Slices of pictures that need nothing but pictures stored just before them. Such a chain of pictures can be entered anywhere, once
 * decoders hold a picture like the one before: only the numbers that pictures are told apart by have to be counted from there.
 */
export interface ChainedSlice {
  sps: SpsInfo;
  pps: PpsInfo;
  isReference: boolean;
  /** How many pictures before its own it may refer to: the last reference pictures. */
  references: number;
  /** frame_num, and where it stands in the unit without emulation prevention, bits behind the unit's first byte. */
  frameNumber: number;
  frameNumberAt: number;
  /** pic_order_cnt_lsb; absent where the order is that of storage. */
  low?: number;
  lowAt?: number;
}

/** How slices of a track are read: its parameter sets by their ids. */
export interface AvcSets {
  sps: ReadonlyMap<number, SpsInfo>;
  pps: ReadonlyMap<number, PpsInfo>;
}

export function readAvcSets({ sps, pps }: Pick<AvcConfig, "sps" | "pps">): AvcSets {
  return {
    sps: new Map(sps.map((nal) => readSps(nal)).map((set) => [set.id, set])),
    pps: new Map(pps.map((nal) => readPps(nal)).map((set) => [set.id, set])),
  };
}

/** More than any header takes up to the numbers. */
const HEAD_BYTES = 256;
const TYPES = 5;
const [P, I] = [0, 2];

/**
 * Reads the header of a slice of a frame (ITU-T H.264, 7.3.3).
 * @returns `undefined` for what belongs to no chain: B slices, pictures that refer to others than the last ones, or say which are kept
 * @throws MalformedBoxError when it ends too early
 */
export function readChainedSlice(nal: Uint8Array, sets: AvcSets): ChainedSlice | undefined {
  if (avcNalType(nal) !== AVC_NAL.firstSlice) return undefined;
  const isReference = ((nal[0] ?? 0) & 0x60) !== 0;
  const bits = bitsOf(nal.subarray(0, HEAD_BYTES));
  bits.ue();
  const type = bits.ue() % TYPES;
  const pps = sets.pps.get(bits.ue());
  const sps = pps && sets.sps.get(pps.spsId);
  if (!sps || (type !== P && type !== I) || !isPlain(sps, pps)) return undefined;
  const frameNumberAt = bits.position();
  const frameNumber = bits.bits(sps.frameNumBits);
  const order = sps.pictureOrderBits && { lowAt: bits.position(), low: bits.bits(sps.pictureOrderBits) };
  if (order && pps.tellsOrderInFrame) bits.se();
  let references = 0;
  if (type === P) {
    const active = bits.bit() ? bits.ue() + 1 : pps.references;
    const farthest = bits.bit() ? farthestNamed(bits) : 0;
    if (farthest === undefined) return undefined;
    references = Math.max(active, farthest);
    if (pps.weighted) skipWeights(bits, active);
  }
  const isAdaptive = isReference && bits.bit() === 1;
  if (isAdaptive) return undefined;
  return { sps, pps, isReference, references, frameNumber, frameNumberAt, ...order };
}

function isPlain(sps: SpsInfo, pps: PpsInfo): boolean {
  const isFrame = sps.progressive && !sps.separatePlanes && sps.chromaFormat === 1;
  return isFrame && sps.pictureOrderType !== 1 && pps.sliceGroups === 1 && !pps.redundant;
}

/**
 * How many reference pictures before its own the farthest is that a slice names (ref_pic_list_modification, ITU-T H.264, 7.3.3.1 and
 * 8.2.4.3.1); `undefined` where it names one that is kept for long, or counts over the turn of the numbers.
 */
function farthestNamed(bits: ReturnType<typeof bitsOf>): number | undefined {
  let [before, farthest] = [0, 0];
  for (let kind = bits.ue(); kind !== 3; kind = bits.ue()) {
    if (kind > 1) return undefined;
    const step = bits.ue() + 1;
    before += kind === 0 ? step : -step;
    if (before < 1) return undefined;
    farthest = Math.max(farthest, before);
  }
  return farthest;
}

/** pred_weight_table of 4:2:0, ITU-T H.264, 7.3.3.2. */
function skipWeights(bits: ReturnType<typeof bitsOf>, references: number): void {
  bits.ue();
  bits.ue();
  for (let i = 0; i < references; i++) {
    if (bits.bit()) for (let luma = 0; luma < 2; luma++) bits.se();
    if (bits.bit()) for (let chroma = 0; chroma < 4; chroma++) bits.se();
  }
}

/** What numbers are counted from. */
export interface ChainOrigin {
  frameNumber: number;
  low: number;
}

/**
 * A slice whose numbers are counted from elsewhere: `frame_num` and `pic_order_cnt_lsb` less the origin's, in as many bits.
 * @returns the unit in two pieces, of which the first is new; `undefined` when it is not coded as every other encoder does it, so that
 *   the rest of it could change
 */
export function renumberedSlice(
  nal: Uint8Array,
  slice: ChainedSlice,
  origin: ChainOrigin,
): [Uint8Array, Uint8Array] | undefined {
  const { sps, frameNumberAt, frameNumber, lowAt, low } = slice;
  const numbers = lowAt === undefined ? frameNumberAt + sps.frameNumBits : lowAt + (sps.pictureOrderBits ?? 0);
  // Behind a byte like this, emulation prevention starts anew: what follows stays as it is.
  let headEnd = Math.ceil((numbers / 8) * 1.5) + 2;
  while (headEnd < nal.length && (nal[headEnd - 1] ?? 0) <= 3) headEnd++;
  const head = nal.subarray(0, headEnd);
  const payload = withoutEmulation(head);
  if (Buffer.compare(withEmulation(payload), head) !== 0) return undefined;
  setBits(payload, 8 + frameNumberAt, { bits: sps.frameNumBits, value: frameNumber - origin.frameNumber });
  if (lowAt !== undefined)
    setBits(payload, 8 + lowAt, { bits: sps.pictureOrderBits ?? 0, value: (low ?? 0) - origin.low });
  return [withEmulation(payload), nal.subarray(headEnd)];
}

/** @param value is taken modulo what the bits hold */
function setBits(bytes: Uint8Array, at: number, { bits, value }: { bits: number; value: number }): void {
  for (let i = 0; i < bits; i++) {
    const place = at + bits - 1 - i;
    const mask = 0x80 >> (place & 7);
    const bit = (value >> i) & 1;
    const byte = bytes[place >> 3] ?? 0;
    bytes[place >> 3] = bit ? byte | mask : byte & ~mask;
  }
}

import { MalformedBoxError } from "../errors.ts";
import { withEmulation, withoutEmulation } from "./emulation.ts";
import { HEVC_SETS, type HevcConfig, hevcSetId, hevcSets } from "./hevc-config.ts";
import { hevcNalType, isHevcSlice } from "./nal-units.ts";

/**
 * Two streams stand beside each other in one track when their parameter sets have different ids. x265 gives all of its own
 * the id 0, one bit in Exp-Golomb code (ITU-T H.265, 9.2). The ids that are given here have nine bits: whatever follows
 * keeps its place within bytes, so that a byte is put in and nothing else of a slice has to be read or changed.
 */
export interface HevcIds {
  vps: number;
  pps: number;
}

/** The only id of a sequence parameter set (0 to 15) with nine bits. */
const SPS_ID = 15;
const VPS_IDS = range(1, 15);
/** Ids of nine bits that do not end in zeros: then no slice needs another emulation prevention byte than it had. */
const PPS_IDS = range(15, 30).filter((id) => ((id + 1) & 3) !== 0);

/** Ids that a stream does not use; `undefined` when it leaves none. */
export function freeHevcIds(config: HevcConfig): HevcIds | undefined {
  const used = (type: number) => new Set(hevcSets(config, type).map(hevcSetId));
  const [vpsIds, spsIds, ppsIds] = [used(HEVC_SETS.vps), used(HEVC_SETS.sps), used(HEVC_SETS.pps)];
  const vps = VPS_IDS.find((id) => !vpsIds.has(id));
  const pps = PPS_IDS.find((id) => !ppsIds.has(id));
  return vps === undefined || pps === undefined || spsIds.has(SPS_ID) ? undefined : { vps, pps };
}

/**
 * A parameter set or slice whose ids are 0, with others. Other units stay as they are.
 * @throws MalformedBoxError when its ids are not 0, or it has temporal sub-layers
 */
export function withHevcIds(nal: Uint8Array, ids: HevcIds): Uint8Array {
  const type = hevcNalType(nal);
  if (type === HEVC_SETS.vps) return vpsWith(nal, ids);
  if (type === HEVC_SETS.sps) return spsWith(nal, ids);
  if (type === HEVC_SETS.pps) return ppsWith(nal, ids);
  return isHevcSlice(type) ? sliceWith(nal, type, ids) : nal;
}

function vpsWith(nal: Uint8Array, { vps }: HevcIds): Uint8Array {
  const bytes = Buffer.from(nal);
  requireZero(((bytes[2] ?? 0) & 0xf0) === 0);
  bytes[2] = (vps << 4) | (bytes[2] ?? 0);
  return bytes;
}

/** Behind header, first byte and profile_tier_level, without sub-layers. */
const SPS_ID_AT = 2 + 1 + 12;

function spsWith(nal: Uint8Array, { vps }: HevcIds): Uint8Array {
  const bytes = withoutEmulation(nal);
  const [first, id] = [bytes[2] ?? 0, bytes[SPS_ID_AT] ?? 0];
  requireZero((first & 0xfe) === 0 && (id & 0x80) !== 0);
  const head = Buffer.from(bytes.subarray(0, SPS_ID_AT));
  head[2] = (vps << 4) | first;
  return withEmulation(Buffer.concat([head, Uint8Array.of(0x08, id & 0x7f), bytes.subarray(SPS_ID_AT + 1)]));
}

function ppsWith(nal: Uint8Array, { pps }: HevcIds): Uint8Array {
  const bytes = withoutEmulation(nal);
  const both = bytes[2] ?? 0;
  requireZero((both & 0xc0) === 0xc0);
  const code = pps + 1;
  const coded = Uint8Array.of(code >> 1, ((code & 1) << 7) | 0x04, both & 0x3f);
  return withEmulation(Buffer.concat([bytes.subarray(0, 2), coded, bytes.subarray(3)]));
}

/** first_slice_segment_in_pic_flag, at random access points one flag more, then the id: ITU-T H.265, 7.3.6.1. */
function sliceWith(nal: Uint8Array, type: number, { pps }: HevcIds): Uint8Array {
  const flags = type >= 16 && type <= 23 ? 2 : 1;
  const first = nal[2] ?? 0;
  requireZero((first & (0x80 >> flags)) !== 0);
  const coded = ((first >> (8 - flags)) << (16 - flags)) | ((pps + 1) << (7 - flags)) | (first & (0x7f >> flags));
  return Buffer.concat([nal.subarray(0, 2), Uint8Array.of(coded >> 8, coded & 255), nal.subarray(3)]);
}

function requireZero(isZero: boolean): void {
  if (!isZero) throw new MalformedBoxError("the encoded frames have parameter sets whose ids are not 0");
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

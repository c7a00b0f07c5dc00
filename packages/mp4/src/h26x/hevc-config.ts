import { BoxReader } from "../read/box-reader.ts";
import { bitsOf } from "./avc-config.ts";
import { withoutTrailingZeros } from "./nal-units.ts";

/** NAL unit types of parameter sets, ITU-T H.265, table 7-1. */
export const HEVC_SETS = { vps: 32, sps: 33, pps: 34 } as const;

/** HEVCDecoderConfigurationRecord, ISO/IEC 14496-15, 8.3.3.1. */
export interface HevcConfig {
  /** The fields before the arrays, as they are stored: `HEAD_BYTES`. */
  head: Uint8Array;
  nalLengthSize: number;
  /** NAL units of one type each. */
  arrays: { type: number; isComplete: boolean; units: Uint8Array[] }[];
}

const HEAD_BYTES = 22;

export function readHevcConfig(body: Uint8Array): HevcConfig {
  const fields = new BoxReader("hvcC", body);
  const head = fields.bytes(HEAD_BYTES);
  const arrays = Array.from({ length: fields.u8() }, () => {
    const kind = fields.u8();
    const units = Array.from({ length: fields.u16() }, () => withoutTrailingZeros(fields.bytes(fields.u16())));
    return { type: kind & 63, isComplete: kind >> 7 === 1, units };
  });
  return { head, nalLengthSize: ((head[HEAD_BYTES - 1] ?? 0) & 3) + 1, arrays };
}

export function writeHevcConfig({ head, arrays }: HevcConfig): Uint8Array {
  const u16 = (value: number) => Uint8Array.of(value >> 8, value & 255);
  return Buffer.concat([
    head,
    Uint8Array.of(arrays.length),
    ...arrays.flatMap(({ type, isComplete, units }) => [
      Uint8Array.of((isComplete ? 0x80 : 0) | type),
      u16(units.length),
      ...units.flatMap((unit) => [u16(unit.length), unit]),
    ]),
  ]);
}

/** All parameter sets of one type, or of all three. */
export function hevcSets({ arrays }: HevcConfig, ...types: number[]): Uint8Array[] {
  const wanted: readonly number[] = types.length > 0 ? types : Object.values(HEVC_SETS);
  return arrays.filter(({ type }) => wanted.includes(type)).flatMap(({ units }) => units);
}

/** What the planner needs of a sequence parameter set, ITU-T H.265, 7.3.2.2. */
export interface HevcSpsInfo {
  id: number;
  /** general_profile_idc: 1 is Main, 2 is Main 10. */
  profile: number;
  chromaFormat: number;
  bitDepth: { luma: number; chroma: number };
  interlaced: boolean;
}

export function readHevcSps(nal: Uint8Array): HevcSpsInfo {
  // The unit's header has two bytes, one more than H.264's.
  const bits = bitsOf(nal.subarray(1));
  bits.bits(4);
  const subLayers = bits.bits(3);
  bits.bits(4);
  const profile = bits.bits(5);
  bits.bits(32);
  const [progressive, interlaced] = [bits.bit(), bits.bit()];
  bits.bits(46);
  bits.bits(8);
  skipSubLayers(bits, subLayers);
  const id = bits.ue();
  const chromaFormat = bits.ue();
  if (chromaFormat === 3) bits.bit();
  bits.ue();
  bits.ue();
  if (bits.bit()) for (let side = 0; side < 4; side++) bits.ue();
  const bitDepth = { luma: 8 + bits.ue(), chroma: 8 + bits.ue() };
  return { id, profile, chromaFormat, bitDepth, interlaced: interlaced === 1 && progressive === 0 };
}

/** The rest of profile_tier_level, ITU-T H.265, 7.3.3. */
function skipSubLayers(bits: ReturnType<typeof bitsOf>, count: number): void {
  if (count === 0) return;
  const present = Array.from({ length: count }, () => ({ profile: bits.bit(), level: bits.bit() }));
  bits.bits(2 * (8 - count));
  for (const { profile, level } of present) {
    if (profile) for (let byte = 0; byte < 11; byte++) bits.bits(8);
    if (level) bits.bits(8);
  }
}

/** The id of a parameter set among those of its type. */
export function hevcSetId(nal: Uint8Array): number {
  const type = ((nal[0] ?? 0) >> 1) & 63;
  if (type === HEVC_SETS.vps) return (nal[2] ?? 0) >> 4;
  return type === HEVC_SETS.sps ? readHevcSps(nal).id : bitsOf(nal.subarray(1)).ue();
}

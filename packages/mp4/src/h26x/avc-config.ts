import { MalformedBoxError } from "../errors.ts";
import { BoxReader } from "../read/box-reader.ts";
import { withoutEmulation } from "./emulation.ts";

/** AVCDecoderConfigurationRecord, ISO/IEC 14496-15, 5.3.3.1. */
export interface AvcConfig {
  profile: number;
  compatibility: number;
  level: number;
  nalLengthSize: number;
  sps: Uint8Array[];
  pps: Uint8Array[];
  /** What follows the parameter sets (chroma format, bit depths, SPS extensions). */
  extension: Uint8Array;
}

/** What the planner needs of a sequence parameter set, ITU-T H.264, 7.3.2.1.1. */
export interface SpsInfo {
  id: number;
  profile: number;
  level: number;
  chromaFormat: number;
  bitDepth: number;
  progressive: boolean;
  /** How slice headers are read: bits of frame_num and, where picture order is counted so (type 0), of its low part. */
  frameNumBits: number;
  pictureOrderBits: number | undefined;
  separatePlanes: boolean;
  /** pic_order_cnt_type */
  pictureOrderType: number;
  /** seq_scaling_matrix_present_flag */
  hasScalingLists: boolean;
  /** What is coded, pixels: whole macroblocks. */
  codedWidth: number;
  codedHeight: number;
  /** What of it is shown. */
  crop: { left: number; top: number; width: number; height: number };
}

const HIGH_PROFILES = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);

export function readAvcConfig(body: Uint8Array): AvcConfig {
  const fields = new BoxReader("avcC", body);
  fields.skip(1);
  const [profile, compatibility, level] = [fields.u8(), fields.u8(), fields.u8()];
  const nalLengthSize = (fields.u8() & 3) + 1;
  const sets = (count: number) => Array.from({ length: count }, () => fields.bytes(fields.u16()));
  const sps = sets(fields.u8() & 31);
  const pps = sets(fields.u8());
  return { profile, compatibility, level, nalLengthSize, sps, pps, extension: fields.rest() };
}

export function writeAvcConfig(config: AvcConfig): Uint8Array {
  const sets = (list: Uint8Array[]) => list.flatMap((set) => [Uint8Array.of(set.length >> 8, set.length & 255), set]);
  return Buffer.concat([
    Uint8Array.of(1, config.profile, config.compatibility, config.level, 0xfc | (config.nalLengthSize - 1)),
    Uint8Array.of(0xe0 | config.sps.length),
    ...sets(config.sps),
    Uint8Array.of(config.pps.length),
    ...sets(config.pps),
    config.extension,
  ]);
}

/** Bits of a NAL unit's payload, without the emulation prevention bytes (ITU-T H.264, 7.4.1.1). */
export function bitsOf(nal: Uint8Array) {
  const payload = withoutEmulation(nal).subarray(1);
  let at = 0;
  const bit = (): number => {
    const byte = payload[at >> 3];
    if (byte === undefined) throw new MalformedBoxError("a parameter set ends too early");
    return (byte >> (7 - (at++ & 7))) & 1;
  };
  const bits = (count: number): number => {
    let value = 0;
    for (let i = 0; i < count; i++) value = value * 2 + bit();
    return value;
  };
  /** Exp-Golomb code ue(v), ITU-T H.264, 9.1. */
  const ue = (): number => {
    let zeros = 0;
    while (bit() === 0) if (++zeros > 32) throw new MalformedBoxError("a parameter set is broken");
    return 2 ** zeros - 1 + bits(zeros);
  };
  const se = (): number => {
    const code = ue();
    return code % 2 === 0 ? -code / 2 : (code + 1) / 2;
  };
  /** How many bits were read. */
  const position = (): number => at;
  return { bit, bits, ue, se, position };
}

type Bits = ReturnType<typeof bitsOf>;

export function readSps(nal: Uint8Array): SpsInfo {
  const bits = bitsOf(nal);
  const profile = bits.bits(8);
  bits.bits(8);
  const level = bits.bits(8);
  const id = bits.ue();
  let [chromaFormat, bitDepth, separatePlanes, hasScalingLists] = [1, 8, false, false];
  if (HIGH_PROFILES.has(profile)) {
    chromaFormat = bits.ue();
    if (chromaFormat === 3) separatePlanes = bits.bit() === 1;
    bitDepth = 8 + Math.max(bits.ue(), bits.ue());
    bits.bit();
    hasScalingLists = bits.bit() === 1;
    if (hasScalingLists) skipScalingLists(bits, chromaFormat === 3 ? 12 : 8);
  }
  const frameNumBits = bits.ue() + 4;
  const pictureOrder = readPictureOrder(bits);
  bits.ue();
  bits.bit();
  const [codedWidth, mapUnits] = [MACROBLOCK * (bits.ue() + 1), bits.ue() + 1];
  const progressive = bits.bit() === 1;
  if (!progressive) bits.bit();
  bits.bit();
  const codedHeight = MACROBLOCK * mapUnits * (progressive ? 1 : 2);
  const crop = readCrop(bits, { codedWidth, codedHeight, chromaFormat, progressive });
  return {
    ...{ id, profile, level, chromaFormat, bitDepth, progressive, frameNumBits, ...pictureOrder, separatePlanes },
    ...{ hasScalingLists, codedWidth, codedHeight, crop },
  };
}

const MACROBLOCK = 16;

type Coded = Pick<SpsInfo, "codedWidth" | "codedHeight" | "chromaFormat" | "progressive">;

/** ITU-T H.264, 7.4.2.1.1: the units are those of the chroma planes, and two lines where fields are coded. */
function readCrop(bits: Bits, { codedWidth, codedHeight, chromaFormat, progressive }: Coded): SpsInfo["crop"] {
  if (bits.bit() === 0) return { left: 0, top: 0, width: codedWidth, height: codedHeight };
  const across = chromaFormat === 1 || chromaFormat === 2 ? 2 : 1;
  const down = (chromaFormat === 1 ? 2 : 1) * (progressive ? 1 : 2);
  const [left, right, top, bottom] = [bits.ue() * across, bits.ue() * across, bits.ue() * down, bits.ue() * down];
  return { left, top, width: codedWidth - left - right, height: codedHeight - top - bottom };
}

function skipScalingLists(bits: Bits, lists: number): void {
  for (let list = 0; list < lists; list++) {
    if (!bits.bit()) continue;
    const size = list < 6 ? 16 : 64;
    for (let i = 0, last = 8, next = 8; i < size; i++) {
      if (next !== 0) next = (last + bits.se() + 256) % 256;
      last = next === 0 ? last : next;
    }
  }
}

function readPictureOrder(bits: Bits): Pick<SpsInfo, "pictureOrderType" | "pictureOrderBits"> {
  const pictureOrderType = bits.ue();
  if (pictureOrderType === 0) return { pictureOrderType, pictureOrderBits: bits.ue() + 4 };
  if (pictureOrderType === 1) {
    bits.bit();
    bits.se();
    bits.se();
    for (let left = bits.ue(); left > 0; left--) bits.se();
  }
  return { pictureOrderType, pictureOrderBits: undefined };
}

/** pic_parameter_set_id and the seq_parameter_set_id it refers to, ITU-T H.264, 7.3.2.2. */
export function readPpsIds(nal: Uint8Array): { id: number; spsId: number } {
  const bits = bitsOf(nal);
  return { id: bits.ue(), spsId: bits.ue() };
}

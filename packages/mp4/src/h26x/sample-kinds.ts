import { unlessBroken } from "../errors.ts";
import type { ByteSource } from "../io/byte-source.ts";
import { endOf, onlyDescription, type Track } from "../read/movie.ts";
import { allSamples } from "./all-samples.ts";
import { type AvcConfig, bitsOf, readSps, type SpsInfo } from "./avc-config.ts";
import { avcNalType, type NalUnit, nalUnits } from "./nal-units.ts";
import { VOP_START } from "./picture-order.ts";
import { readSliceHead, type SliceHead } from "./slice-head.ts";

/** What a sample is to a decoder: not every one is a frame that it shows. */
export type SampleKind = "frame" | "second field" | "no frame";

/**
 * Looks for samples of H.264 and MPEG-4 that are no frames of their own: the second field of a frame, and those that hold no picture.
 * @returns the kind of every sample, in decode order; `undefined` where each is a frame
 */
export async function sampleKinds(
  source: ByteSource,
  track: Track,
  signal?: AbortSignal,
): Promise<SampleKind[] | undefined> {
  const description = onlyDescription(track);
  const { avc } = description?.video ?? {};
  const look = description?.format === "mp4v" ? vopReader(description.entry) : avc && avcReader(avc);
  if (!look) return undefined;
  // Most recordings have no sample so small, and need not be read once more.
  const isSuspicious = mayHoldFields(track) || track.samples.size.subarray(0, track.samples.count).some(isTiny);
  if (!isSuspicious) return undefined;
  // A file that is cut off is left as it is.
  if (track.samples.offset.some((_, index) => endOf(track, index) > source.size)) return undefined;
  const looks: Look[] = [];
  for await (const { index, bytes } of allSamples(source, track, signal)) looks[index] = look(bytes);
  const kinds = kindsOf(looks);
  return kinds.every((kind) => kind === "frame") ? undefined : kinds;
}

/** What holds no picture is small, filler apart; and some pictures of still scenes are, too. */
const TINY_BYTES = 1024;
const isTiny = (bytes: number) => bytes <= TINY_BYTES;

interface Look {
  isEmpty: boolean;
  /** The slices of fields in it. */
  fields: readonly SliceHead[];
}

/**
 * A second field has the frame number of the first one, opposite parity, and follows it at once (ITU-T H.264, 7.4.1.2.4). Where fields
 * come in pairs, one alone at the start is the second of a frame whose first one is not there.
 */
function kindsOf(looks: readonly Look[]): SampleKind[] {
  let open: SliceHead | undefined;
  const kinds = looks.map(({ isEmpty, fields }): SampleKind => {
    if (isEmpty) return "no frame";
    const [own] = fields;
    const first = open;
    open = undefined;
    const isSecond = own && first && own.field !== first.field && own.frameNumber === first.frameNumber && !own.isIdr;
    if (isSecond) return "second field";
    if (isOneField(fields)) open = own;
    return "frame";
  });
  const isAlone = isOneField(looks[0]?.fields ?? []) && kinds[1] === "frame" && kinds.includes("second field");
  return isAlone ? ["no frame", ...kinds.slice(1)] : kinds;
}

function isOneField([own, ...others]: readonly SliceHead[]): boolean {
  return own !== undefined && others.every(({ field }) => field === own.field);
}

/** SEI, delimiter, ends of sequence and stream, filler (ITU-T H.264, table 7-1). */
const BESIDE_PICTURES = new Set([6, 9, 10, 11, 12]);

function avcReader({ sps: [set], nalLengthSize }: AvcConfig) {
  const sps = set && unlessBroken(() => readSps(set));
  return (sample: Buffer): Look => {
    const units = [...nalUnits(sample, nalLengthSize)];
    const isBeside = ({ bytes, isCut }: NalUnit) => !isCut && BESIDE_PICTURES.has(avcNalType(bytes));
    const isEmpty = units.length > 0 && units.every(isBeside);
    return { isEmpty, fields: sps && !sps.progressive ? fieldsIn(units, sps) : [] };
  };
}

function fieldsIn(units: readonly NalUnit[], sps: SpsInfo): SliceHead[] {
  const heads = unlessBroken(() => units.map(({ bytes }) => readSliceHead(bytes, sps))) ?? [];
  return heads.filter((head) => head?.field !== undefined) as SliceHead[];
}

/** Whether samples of the track may be fields, which are shown two by two. */
export function mayHoldFields(track: Track): boolean {
  const sets = track.descriptions.flatMap(({ video }) => video?.avc?.sps ?? []);
  return sets.some((set) => unlessBroken(() => readSps(set))?.progressive === false);
}

/** Two frames in one packet, and a packet without one later on, by the mark of their encoders. */
const PACKED = /DivX\d+(?:b|Build)\d+p/;
/** A header is shorter. */
const VOP_HEAD_BYTES = 16;
const LAYER_START = Buffer.from([0, 0, 1]);
const FIRST_LAYER = 0x20;
const LAST_LAYER = 0x2f;

/** vop_coded 0 (ISO/IEC 14496-2, 6.2.5): the frame before is shown once more. */
function vopReader(entry: Uint8Array) {
  let timeBits = timeBitsIn(Buffer.from(entry));
  let isPacked = PACKED.test(Buffer.from(entry).toString("latin1"));
  return (sample: Buffer): Look => {
    const start = sample.indexOf(VOP_START);
    const head = sample.subarray(0, Math.max(0, start));
    timeBits = timeBitsIn(head) ?? timeBits;
    isPacked ||= PACKED.test(head.toString("latin1"));
    const isOnly = start >= 0 && sample.indexOf(VOP_START, start + 1) < 0;
    const isEmpty = isOnly && !isPacked && timeBits !== undefined && !isCoded(sample.subarray(start + 3), timeBits);
    return { isEmpty, fields: [] };
  };
}

function isCoded(vop: Buffer, timeBits: number): boolean {
  const coded = unlessBroken(() => {
    const bits = bitsOf(vop.subarray(0, VOP_HEAD_BYTES));
    bits.bits(2);
    while (bits.bit() === 1);
    bits.bits(1 + timeBits + 1);
    return bits.bit() === 1;
  });
  return coded ?? true;
}

/** Bits of vop_time_increment, by the video object layer's header (6.2.3), where there is one. */
function timeBitsIn(bytes: Buffer): number | undefined {
  for (let at = bytes.indexOf(LAYER_START); at >= 0; at = bytes.indexOf(LAYER_START, at + 1)) {
    const code = bytes[at + 3] ?? 0;
    if (code >= FIRST_LAYER && code <= LAST_LAYER) return unlessBroken(() => readTimeBits(bytes.subarray(at + 3)));
  }
  return undefined;
}

const OTHER_ASPECT = 15;
/** Of vbv_parameters. */
const BUFFER_BITS = 79;
const GRAYSCALE = 3;

function readTimeBits(layer: Buffer): number {
  const bits = bitsOf(layer);
  bits.bits(9);
  let version = 1;
  if (bits.bit()) [version] = [bits.bits(4), bits.bits(3)];
  if (bits.bits(4) === OTHER_ASPECT) bits.bits(16);
  if (bits.bit()) {
    bits.bits(3);
    if (bits.bit()) bits.bits(BUFFER_BITS);
  }
  if (bits.bits(2) === GRAYSCALE && version !== 1) bits.bits(4);
  bits.bit();
  return Math.max(1, 32 - Math.clz32(bits.bits(16) - 1));
}

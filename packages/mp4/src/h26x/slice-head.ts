import { bitsOf, type SpsInfo } from "./avc-config.ts";
import { AVC_NAL, avcNalType } from "./nal-units.ts";

/** A slice's header up to its picture order count fits into this. */
const SLICE_HEAD_BYTES = 64;

export interface SliceHead {
  isIdr: boolean;
  isReference: boolean;
  /** frame_num */
  frameNumber: number;
  /** Of a slice of a field, which one that is; absent: of a frame. */
  field?: "top" | "bottom";
  /** pic_order_cnt_lsb */
  low: number;
}

/** What the header of a slice says (ITU-T H.264, 7.3.3); `undefined` for other units. */
export function readSliceHead(nal: Uint8Array, sps: SpsInfo): SliceHead | undefined {
  const type = avcNalType(nal);
  if (type !== AVC_NAL.firstSlice && type !== AVC_NAL.idrSlice) return undefined;
  const isIdr = type === AVC_NAL.idrSlice;
  const bits = bitsOf(nal.subarray(0, SLICE_HEAD_BYTES));
  bits.ue();
  bits.ue();
  bits.ue();
  if (sps.separatePlanes) bits.bits(2);
  const frameNumber = bits.bits(sps.frameNumBits);
  const isField = !sps.progressive && bits.bit() === 1;
  const field = isField && (bits.bit() === 1 ? "bottom" : "top");
  if (isIdr) bits.ue();
  const low = bits.bits(sps.pictureOrderBits ?? 0);
  return { isIdr, isReference: ((nal[0] ?? 0) & 0x60) !== 0, frameNumber, ...(field && { field }), low };
}

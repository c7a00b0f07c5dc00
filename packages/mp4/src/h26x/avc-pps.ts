import { bitsOf } from "./avc-config.ts";

/** What slice headers need of a picture parameter set, ITU-T H.264, 7.3.2.2. */
export interface PpsInfo {
  id: number;
  spsId: number;
  /** Whether slices are coded arithmetically (CABAC). */
  cabac: boolean;
  /** bottom_field_pic_order_in_frame_present_flag */
  tellsOrderInFrame: boolean;
  sliceGroups: number;
  /** How many pictures a P slice may refer to, unless it says otherwise. */
  references: number;
  weighted: boolean;
  /** deblocking_filter_control_present_flag */
  tellsDeblocking: boolean;
  redundant: boolean;
}

/** Of a set with several slice groups, only what stands before them is read. */
export function readPps(nal: Uint8Array): PpsInfo {
  const bits = bitsOf(nal);
  const [id, spsId, cabac, tellsOrderInFrame] = [bits.ue(), bits.ue(), bits.bit() === 1, bits.bit() === 1];
  const head = { id, spsId, cabac, tellsOrderInFrame, sliceGroups: bits.ue() + 1 };
  if (head.sliceGroups > 1)
    return { ...head, references: 0, weighted: false, tellsDeblocking: false, redundant: false };
  const references = bits.ue() + 1;
  bits.ue();
  const weighted = bits.bit() === 1;
  bits.bits(2);
  bits.se();
  bits.se();
  bits.se();
  const tellsDeblocking = bits.bit() === 1;
  bits.bit();
  return { ...head, references, weighted, tellsDeblocking, redundant: bits.bit() === 1 };
}

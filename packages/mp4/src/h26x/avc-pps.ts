import { bitsOf } from "./avc-config.ts";

/** What slice headers need of a picture parameter set, ITU-T H.264, 7.3.2.2. */
export interface PpsInfo {
  id: number;
  spsId: number;
  /** bottom_field_pic_order_in_frame_present_flag */
  tellsOrderInFrame: boolean;
  sliceGroups: number;
  /** How many pictures a P slice may refer to, unless it says otherwise. */
  references: number;
  weighted: boolean;
  redundant: boolean;
}

/** Of a set with several slice groups, only what stands before them is read. */
export function readPps(nal: Uint8Array): PpsInfo {
  const bits = bitsOf(nal);
  const [id, spsId] = [bits.ue(), bits.ue()];
  bits.bit();
  const head = { id, spsId, tellsOrderInFrame: bits.bit() === 1, sliceGroups: bits.ue() + 1 };
  if (head.sliceGroups > 1) return { ...head, references: 0, weighted: false, redundant: false };
  const references = bits.ue() + 1;
  bits.ue();
  const weighted = bits.bit() === 1;
  bits.bits(2);
  bits.se();
  bits.se();
  bits.se();
  bits.bits(2);
  return { ...head, references, weighted, redundant: bits.bit() === 1 };
}

import { onlyDescription, type Track } from "../read/movie.ts";
import { HEVC_SETS } from "./hevc-config.ts";
import { AVC_NAL, avcNalType, hevcNalType, isAvcSlice, isHevcEntry, isHevcSlice } from "./nal-units.ts";
import { isIntraSlice } from "./slice-type.ts";

/** How a codec's NAL units are told apart: ITU-T H.264, table 7-1; ITU-T H.265, table 7-1. */
export interface NalKind {
  lengthBytes: number;
  typeOf: (nal: Uint8Array) => number;
  /** Units that frames of other streams would be decoded with, too. */
  setTypes: ReadonlySet<number>;
  isSlice: (type: number) => boolean;
  /** Whether decoding can start with the picture of this slice: all that is shown behind it comes out whole. */
  isEntry: (slice: Uint8Array) => boolean;
  /** Whether its slice needs no other picture. */
  isIntra: (slice: Uint8Array) => boolean;
}

const AVC: Omit<NalKind, "lengthBytes"> = {
  typeOf: avcNalType,
  // Sequence sets, picture sets, extensions, and sets of other layers.
  setTypes: new Set([AVC_NAL.sps, AVC_NAL.pps, 13, 15]),
  isSlice: isAvcSlice,
  isEntry: (slice) => avcNalType(slice) === AVC_NAL.idrSlice,
  isIntra: isIntraSlice,
};

/** Only random access points are known to be whole: gradual refresh has none. */
const isRandomAccess = (slice: Uint8Array) => isHevcEntry(hevcNalType(slice));
/** no_output_of_prior_pics_flag (ITU-T H.265, 7.4.7.1): frames before it that were not yet shown would never be. */
const dropsFrames = (slice: Uint8Array) => ((slice[2] ?? 0) & 0x40) !== 0;

const HEVC: Omit<NalKind, "lengthBytes"> = {
  typeOf: hevcNalType,
  setTypes: new Set(Object.values(HEVC_SETS)),
  isSlice: isHevcSlice,
  isEntry: (slice) => isRandomAccess(slice) && !dropsFrames(slice),
  isIntra: isRandomAccess,
};

/** `undefined` for codecs other than H.264 and HEVC, and tracks that change their format. */
export function nalKind(track: Track): NalKind | undefined {
  const description = onlyDescription(track);
  const format = description?.format ?? "";
  const { avc, hevc } = description?.video ?? {};
  if (["avc1", "avc3"].includes(format)) return { ...AVC, lengthBytes: avc?.nalLengthSize ?? 4 };
  return ["hvc1", "hev1"].includes(format) ? { ...HEVC, lengthBytes: hevc?.nalLengthSize ?? 4 } : undefined;
}

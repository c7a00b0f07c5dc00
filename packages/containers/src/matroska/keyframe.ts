import { AVC_NAL, avcNalType, hevcNalType, isAvcSlice, isHevcSlice, isIntraSlice, nalUnits } from "@camclips/mp4";
import type { Unit } from "../frames.ts";

/** What of a frame is looked at: parameter sets and messages come before its first slice. */
export const HEAD_BYTES = 4096;

/** How the NAL units of a track's frames are told apart; undefined of other codecs. */
export interface NalFormat {
  codec: "h264" | "hevc";
  lengthBytes: number;
}

/** By the track's codec and its configuration (ISO/IEC 14496-15, 5.3.3.1 and 8.3.3.1). */
export function nalFormat(codecId: string, configuration: Buffer): NalFormat | undefined {
  if (codecId === "V_MPEG4/ISO/AVC") return { codec: "h264", lengthBytes: 1 + ((configuration[4] ?? 3) & 3) };
  if (codecId === "V_MPEGH/ISO/HEVC") return { codec: "hevc", lengthBytes: 1 + ((configuration[21] ?? 3) & 3) };
  return undefined;
}

/**
 * Whether a frame that is flagged as a keyframe brings parameter sets along, and what decoding can start with: closed where
 * nothing behind it needs what is before, and nothing where it is no keyframe: some writers flag all frames.
 */
export function readKeyframe(
  head: Buffer,
  { codec, lengthBytes }: NalFormat,
): Pick<Unit, "entry"> & { hasSets: boolean } {
  let hasSets = false;
  for (const { bytes } of nalUnits(head, lengthBytes)) {
    const type = codec === "h264" ? avcNalType(bytes) : hevcNalType(bytes);
    const isSlice = codec === "h264" ? isAvcSlice(type) : isHevcSlice(type);
    const isIdr = codec === "h264" ? type === AVC_NAL.idrSlice : type >= 16 && type <= 20;
    const isIntra = codec === "h264" ? isIntraSlice(bytes) : type >= 16 && type <= 23;
    if (isSlice) return { hasSets, entry: isIdr ? "closed" : isIntra ? "open" : undefined };
    hasSets ||= codec === "h264" ? type === AVC_NAL.sps : type === 33;
  }
  return { hasSets, entry: "open" };
}

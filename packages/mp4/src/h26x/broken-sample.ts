import type { ByteSource } from "../io/byte-source.ts";
import { onlyDescription, type Track } from "../read/movie.ts";
import { allSamples } from "./all-samples.ts";
import { avcNalType, hevcNalType, isAvcSlice, isHevcSlice, nalUnits } from "./nal-units.ts";
import { sliceTypeOf } from "./slice-type.ts";

/** Types from 24 on, and 0, are no video that a decoder knows. */
const LAST_KNOWN_TYPE = 23;
/** The first slice of a picture starts with first_mb_in_slice = 0, one bit `1` (7.3.3); slice_type is at most 9. */
const MOST_SLICE_TYPE = 9;

/**
 * Looks for a sample that cannot be a picture: bytes that were zeroed, and whatever breaks the chain of NAL lengths or the
 * start of the slice header. Other damage inside a slice stays unseen, since nothing is decoded; a pass over a clip costs
 * little more than reading it.
 *
 * @returns the index of the first such sample in file order; undefined when there is none, and for tracks that are not
 * `avc1`, `hvc1` or `hev1` with 4-byte lengths, which are never copied
 */
export async function findBrokenSample(
  source: ByteSource,
  track: Track,
  signal?: AbortSignal,
): Promise<number | undefined> {
  const { avc, hevc } = onlyDescription(track)?.video ?? {};
  if ((avc ?? hevc)?.nalLengthSize !== 4) return undefined;
  const isPicture = avc ? isAvcPicture : isHevcPicture;
  for await (const { index, bytes } of allSamples(source, track, signal)) if (!isPicture(bytes)) return index;
  return undefined;
}

function isAvcPicture(sample: Buffer): boolean {
  let slices = 0;
  for (const { bytes: nal, isCut } of nalUnits(sample)) {
    if (isCut || nal.length === 0) return false;
    const type = avcNalType(nal);
    if (((nal[0] ?? 0) & 0x80) !== 0 || type === 0 || type > LAST_KNOWN_TYPE || isZeroed(nal)) return false;
    if (isAvcSlice(type) && slices++ === 0 && !startsPicture(nal)) return false;
  }
  return slices > 0;
}

/** The header's second byte ends with the temporal id plus 1 (ITU-T H.265, 7.3.1.2); a picture's first slice begins with a flag. */
function isHevcPicture(sample: Buffer): boolean {
  let slices = 0;
  for (const { bytes: nal, isCut } of nalUnits(sample)) {
    // Ends of sequences and streams are headers only.
    if (isCut || nal.length < 2) return false;
    if (((nal[0] ?? 0) & 0x80) !== 0 || ((nal[1] ?? 0) & 7) === 0 || isZeroed(nal)) return false;
    if (isHevcSlice(hevcNalType(nal)) && slices++ === 0 && ((nal[2] ?? 0) & 0x80) === 0) return false;
  }
  return slices > 0;
}

/** No NAL unit holds three zero bytes (7.4.1.1). */
const ZEROS = Buffer.alloc(3);
/** Some encoders leave a few zeros behind its end; a disk loses whole clusters. */
const MOST_BEHIND = 64;

function isZeroed(nal: Buffer): boolean {
  const at = nal.indexOf(ZEROS);
  return at >= 0 && (nal.length - at > MOST_BEHIND || nal.subarray(at).some((byte) => byte !== 0));
}

function startsPicture(slice: Uint8Array): boolean {
  return (sliceTypeOf(slice) ?? Number.POSITIVE_INFINITY) <= MOST_SLICE_TYPE;
}

import type { ByteSource } from "../io/byte-source.ts";
import { onlyDescription, type Track } from "../read/movie.ts";
import { readSps, type SpsInfo } from "./avc-config.ts";
import { nalUnits } from "./nal-units.ts";
import { readSliceHead, type SliceHead } from "./slice-head.ts";

const READ_BYTES = 8 * 1024;

/**
 * The order in which the samples of an H.264 or MPEG-4 track are shown, by the pictures themselves: for files whose container
 * does not tell.
 * @returns the place of every sample; `undefined` where they are shown in the order in which they are stored, or cannot be read
 */
export async function pictureOrder(
  source: ByteSource,
  track: Track,
  signal?: AbortSignal,
): Promise<Uint32Array | undefined> {
  const description = onlyDescription(track);
  const [set] = description?.video?.avc?.sps ?? [];
  const sps = set && readSps(set);
  const counter = description?.format === "mp4v" ? codingTypeCounter() : sps && pictureCounter(sps);
  if (!counter) return undefined;
  const { count, offset, size } = track.samples;
  const pictures: { index: number; count: number }[] = [];
  for (let index = 0; index < count; index++) {
    const start = offset[index] ?? 0;
    const bytes = await source.read(start, start + Math.min(size[index] ?? 0, READ_BYTES), signal);
    const picture = counter(Buffer.from(bytes));
    if (picture === undefined) return undefined;
    pictures.push({ index, count: picture });
  }
  pictures.sort((a, b) => a.count - b.count || a.index - b.index);
  const places = new Uint32Array(count);
  for (const [place, { index }] of pictures.entries()) places[index] = place;
  return places.every((place, index) => place === index) ? undefined : places;
}

/** Gives a number to each picture, in the order in which they are stored; they are shown in the order of their numbers. */
type Counter = (sample: Buffer) => number | undefined;

/** More than the picture order counts of any group of pictures. */
const GROUP = 2 ** 33;

/** Picture order count, ITU-T H.264, 8.2.1.1: it starts anew with every IDR picture. */
function pictureCounter(sps: SpsInfo): Counter | undefined {
  if (sps.pictureOrderBits === undefined) return undefined;
  const half = 2 ** (sps.pictureOrderBits - 1);
  let [group, high, low] = [0, 0, 0];
  return (sample) => {
    const slice = firstSlice(sample, sps);
    if (!slice) return undefined;
    if (slice.isIdr) [group, high, low] = [group + 1, 0, 0];
    const step = slice.low - low;
    const ownHigh = step <= -half ? high + 2 * half : step > half ? high - 2 * half : high;
    if (slice.isReference) [high, low] = [ownHigh, slice.low];
    return group * GROUP + ownHigh + slice.low;
  };
}

/** vop_coding_type, ISO/IEC 14496-2, 6.2.5: B-frames are stored behind the frame that follows them. */
function codingTypeCounter(): Counter {
  let anchors = 0;
  return (sample) => {
    const start = sample.indexOf(VOP_START);
    if (start < 0) return undefined;
    const isB = (sample[start + VOP_START.length] ?? 0) >> 6 === 2;
    return isB ? anchors - 0.5 : ++anchors;
  };
}

export const VOP_START = Buffer.from([0, 0, 1, 0xb6]);

/** What the header of a sample's first slice says. NAL lengths have four bytes. */
function firstSlice(sample: Buffer, sps: SpsInfo): SliceHead | undefined {
  for (const { bytes } of nalUnits(sample)) {
    const head = readSliceHead(bytes, sps);
    if (head) return head;
  }
  return undefined;
}

import type { Unit } from "../frames.ts";
import type { Pieces } from "../pieces.ts";
import { childrenOf, elementsIn, ID, MOST_HEADER_BYTES, readHeader, readVint, unsigned, vintBytes } from "./ebml.ts";
import type { MatroskaHead } from "./head.ts";

/** Track, time and flags of a block: enough to read of it. */
const BLOCK_HEAD_BYTES = 16;
/** A group is read whole up to this size: what says that a frame refers to another may stand behind the frame. */
const MOST_GROUP_BYTES = 32 * 1024 ** 2;
const KEYFRAME = 0x80;

/** The blocks of video and audio behind the start of a cluster, cluster after cluster. */
export async function* blocks(pieces: Pieces, cluster: number, head: MatroskaHead): AsyncGenerator<Unit> {
  let [at, clusterAt, clusterTicks] = [cluster, cluster, 0];
  for (;;) {
    const bytes = await pieces.at(at, MOST_HEADER_BYTES + BLOCK_HEAD_BYTES);
    const element = readHeader(bytes);
    if (!element) return;
    const { id, size, headerBytes } = element;
    const start = at + headerBytes;
    if (id === ID.cluster) {
      [clusterAt, at] = [at, start];
      continue;
    }
    // Of unknown size are clusters and segments only.
    if (size === undefined) return;
    at = start + size;
    if (id === ID.timestamp) clusterTicks = unsigned(bytes.subarray(headerBytes, headerBytes + Math.min(size, 8)));
    const group = id === ID.blockGroup && size <= MOST_GROUP_BYTES ? await pieces.at(start, size) : undefined;
    const [block] = group ? childrenOf(group.subarray(0, size), ID.block) : [];
    const isReferring =
      group && [...elementsIn(group.subarray(0, size))].some((child) => child.id === ID.referenceBlock);
    const read = id === ID.simpleBlock ? readBlock(bytes.subarray(headerBytes)) : block && readBlock(block);
    const kind = read?.track === head.video ? "video" : read?.track === head.audio ? "audio" : undefined;
    if (!read || !kind) continue;
    const isKeyframe = group ? !isReferring : read.isKeyframe;
    yield {
      kind,
      at: clusterAt,
      seconds: (clusterTicks + read.ticks) / head.ticksPerSecond,
      ...(kind === "video" && isKeyframe && { entry: "open" }),
    };
  }
}

function readBlock(bytes: Buffer): { track: number; ticks: number; isKeyframe: boolean } | undefined {
  const trackBytes = vintBytes(bytes[0]);
  if (trackBytes === 0 || bytes.length < trackBytes + 3) return undefined;
  return {
    track: readVint(bytes, 0, trackBytes),
    ticks: bytes.readInt16BE(trackBytes),
    isKeyframe: (bytes.readUInt8(trackBytes + 2) & KEYFRAME) !== 0,
  };
}

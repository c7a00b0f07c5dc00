import type { Unit } from "../frames.ts";
import type { Pieces } from "../pieces.ts";
import { childrenOf, ID, MOST_HEADER_BYTES, readHeader, readVint, unsigned, vintBytes } from "./ebml.ts";
import type { MatroskaHead } from "./head.ts";
import { HEAD_BYTES, readKeyframe } from "./keyframe.ts";

/** Track, time and flags of a block: enough to read of it. */
const BLOCK_HEAD_BYTES = 16;
/** A group is read whole up to this size: what says that a frame refers to another may stand behind the frame. */
const MOST_GROUP_BYTES = 32 * 1024 ** 2;
const KEYFRAME = 0x80;

/** Frames that bring parameter sets along say so. */
type Block = Unit & { hasSets?: boolean };

/** The blocks of video and audio behind the start of a cluster, cluster after cluster. */
export async function* blocks(pieces: Pieces, cluster: number, head: MatroskaHead): AsyncGenerator<Block> {
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
    const group =
      id === ID.blockGroup && size <= MOST_GROUP_BYTES ? (await pieces.at(start, size)).subarray(0, size) : undefined;
    if (id !== ID.simpleBlock && !group) continue;
    const bytesOf = group ? childrenOf(group, ID.block)[0] : bytes.subarray(headerBytes);
    const block = bytesOf && readBlock(bytesOf);
    const kind = block?.track === head.video ? "video" : block?.track === head.audio ? "audio" : undefined;
    if (!block || !kind) continue;
    const unit = { kind, at: clusterAt, seconds: (clusterTicks + block.ticks) / head.ticksPerSecond } as const;
    const isKeyframe = group ? !hasReference(group) : block.isKeyframe;
    if (kind === "audio" || !isKeyframe) yield unit;
    else if (!head.nals) yield { ...unit, entry: "open" };
    else {
      const data = group ? bytesOf : await pieces.at(start, Math.min(size, HEAD_BYTES));
      const frame = data.subarray(block.headBytes, Math.min(size, HEAD_BYTES));
      yield { ...unit, ...readKeyframe(frame, head.nals) };
    }
  }
}

const hasReference = (group: Buffer) => childrenOf(group, ID.referenceBlock).length > 0;

function readBlock(
  bytes: Buffer,
): { track: number; ticks: number; isKeyframe: boolean; headBytes: number } | undefined {
  const trackBytes = vintBytes(bytes[0]);
  if (trackBytes === 0 || bytes.length < trackBytes + 3) return undefined;
  return {
    track: readVint(bytes, 0, trackBytes),
    ticks: bytes.readInt16BE(trackBytes),
    isKeyframe: (bytes.readUInt8(trackBytes + 2) & KEYFRAME) !== 0,
    headBytes: trackBytes + 3,
  };
}

import type { Pieces } from "../pieces.ts";
import { packetIn, packets } from "./packets.ts";
import type { Stream } from "./program.ts";

const TAIL_BYTES = [256 * 1024, 2 * 1024 ** 2, 16 * 1024 ** 2];
/** Of a packet without an adaptation field, and with one that holds a clock alone. */
const FILLED_BYTES = [184, 176];
/** Before what the length of a PES packet counts. */
const PES_START_BYTES = 6;
/** Of a packet, until its PID is told. */
const HEADER_BYTES = 4;

interface Frame {
  at: number;
  bytes: number;
  /** As its PES packet says; 0 where it does not. */
  lengthBytes: number;
  /** The last packet is filled: the end of a frame hardly ever fills one, and is followed by stuffing. */
  isFilled: boolean;
}

/**
 * Where a file's last whole frame ends. A recorder that was stopped leaves a part of a packet, and of a frame, of which decoders of
 * H.265 make a picture without a word.
 * @returns the file's size, or where the frame begins that is not whole
 */
export async function endOfWholeFrames(pieces: Pieces, stream: Stream): Promise<number> {
  const { size } = pieces;
  const { shape } = stream;
  for (const tailBytes of TAIL_BYTES) {
    const { frame, end } = await lastFrame(pieces, Math.max(0, size - tailBytes), stream);
    if (end === size || size - end >= shape.bytes) return size;
    if (!frame && tailBytes < size) continue;
    const rest = (await pieces.at(end, shape.bytes)).subarray(0, size - end);
    const isCutOff = frame?.isFilled && !isComplete(frame) && !startsFrame(rest, end, stream);
    return isCutOff ? frame.at : size;
  }
  return size;
}

async function lastFrame(
  pieces: Pieces,
  from: number,
  { shape, kindOf }: Stream,
): Promise<{ frame?: Frame | undefined; end: number }> {
  let frame: Frame | undefined;
  let end = pieces.size;
  for await (const run of packets(pieces, from, shape)) {
    for (const packet of run) {
      end = packet.at + shape.bytes;
      if (kindOf(packet) !== "video") continue;
      const { at, payload, startsUnit } = packet;
      if (startsUnit) frame = { at, bytes: 0, lengthBytes: pesLength(payload), isFilled: false };
      if (!frame) continue;
      frame.bytes += payload.length;
      frame.isFilled = FILLED_BYTES.includes(payload.length);
    }
  }
  return { frame, end };
}

function pesLength(payload: Buffer): number {
  return payload.length >= PES_START_BYTES ? payload.readUInt16BE(PES_START_BYTES - 2) : 0;
}

function isComplete({ bytes, lengthBytes }: Frame): boolean {
  return lengthBytes > 0 && bytes >= PES_START_BYTES + lengthBytes;
}

/** Whether a part of a packet is the beginning of another frame. */
function startsFrame(rest: Buffer, at: number, { shape, kindOf }: Stream): boolean {
  if (rest.length < shape.lead + HEADER_BYTES) return false;
  const packet = packetIn(rest, 0, { shape, at });
  return packet.startsUnit && kindOf(packet) === "video";
}

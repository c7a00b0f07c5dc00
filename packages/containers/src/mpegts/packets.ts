import type { Pieces } from "../pieces.ts";

/** How packets follow one another: 188 bytes each (ISO/IEC 13818-1), or behind four bytes of arrival time (.m2ts, .mts), or before sixteen of error correction. */
export interface PacketShape {
  bytes: number;
  lead: number;
}

const SYNC = 0x47;
const PACKET_BYTES = 188;
const SHAPES: PacketShape[] = [
  { bytes: PACKET_BYTES, lead: 0 },
  { bytes: PACKET_BYTES + 4, lead: 4 },
  { bytes: PACKET_BYTES + 16, lead: 0 },
];
/** So many sync bytes in a row are no chance. */
const IN_A_ROW = 5;
const RUN_BYTES = 16 * 1024;

/** A file may begin within a packet: then its shape is that of the packets which come first. */
export function packetShape(head: Uint8Array): PacketShape | undefined {
  const own = SHAPES.find((shape) => firstPacket(head, shape) === 0);
  if (own) return own;
  const starts = SHAPES.map((shape) => firstPacket(head, shape) ?? Number.POSITIVE_INFINITY);
  return SHAPES.find((_, i) => starts[i] === Math.min(...starts));
}

/** One transport packet, without what stands before its sync byte. */
export interface Packet {
  at: number;
  pid: number;
  startsUnit: boolean;
  payload: Buffer;
}

/** What is at an offset of some bytes, as a packet; `at`: where the bytes are in the file. */
export function packetIn(bytes: Buffer, offset: number, { shape, at }: { shape: PacketShape; at: number }): Packet {
  return readPacket(bytes.subarray(offset + shape.lead, offset + shape.bytes), at + offset);
}

/** The packets from a position on; where they are out of step, from the next place where they are in step again. */
export async function* packets(pieces: Pieces, position: number, shape: PacketShape): AsyncGenerator<Packet[]> {
  for (let at = position - (position % shape.bytes); ; ) {
    const bytes = await pieces.at(at, RUN_BYTES);
    const first = firstPacket(bytes, shape);
    if (first === undefined) {
      if (bytes.length < RUN_BYTES) return;
      at += bytes.length - IN_A_ROW * shape.bytes;
      continue;
    }
    const found: Packet[] = [];
    let offset = first;
    for (; offset + shape.bytes <= bytes.length && bytes[offset + shape.lead] === SYNC; offset += shape.bytes)
      found.push(packetIn(bytes, offset, { shape, at }));
    yield found;
    at += offset;
  }
}

function firstPacket(bytes: Uint8Array, { bytes: step, lead }: PacketShape): number | undefined {
  for (let start = 0; start + step <= bytes.length; start++) {
    let inARow = 0;
    let at = start + lead;
    for (; inARow < IN_A_ROW && bytes[at] === SYNC; at += step) inARow++;
    if (inARow === IN_A_ROW || (inARow > 0 && at >= bytes.length)) return start;
  }
  return undefined;
}

function readPacket(bytes: Buffer, at: number): Packet {
  const [, second = 0, third = 0] = bytes;
  return {
    at,
    pid: ((second & 0x1f) << 8) | third,
    startsUnit: (second & 0x40) !== 0,
    payload: bytes.subarray(payloadStart(bytes)),
  };
}

/** Where the payload of a packet starts, from its sync byte on; at its end when it has none. */
function payloadStart(packet: Uint8Array): number {
  const [, , , control = 0, fieldBytes = 0] = packet;
  const hasPayload = (control & 0x10) !== 0;
  return hasPayload ? 4 + ((control & 0x20) !== 0 ? 1 + fieldBytes : 0) : PACKET_BYTES;
}

/** Bytes that are read one after the other, in whole packets: `offsets` are those that are in step. */
export async function* inPackets(
  chunks: AsyncIterable<Uint8Array>,
  start: number,
  shape: PacketShape,
): AsyncGenerator<{ bytes: Buffer; at: number; offsets: number[] }> {
  let left = Buffer.alloc(0);
  let at = start;
  for await (const chunk of chunks) {
    const bytes = Buffer.concat([left, chunk]);
    const offsets: number[] = [];
    let done = 0;
    while (done + shape.bytes <= bytes.length) {
      const isInStep = bytes[done + shape.lead] === SYNC;
      if (isInStep) offsets.push(done);
      done += isInStep ? shape.bytes : 1;
    }
    yield { bytes: bytes.subarray(0, done), at, offsets };
    left = bytes.subarray(done);
    at += done;
  }
  yield { bytes: left, at, offsets: [] };
}

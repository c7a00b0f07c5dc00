/** Units of a stream's times, and where they begin again: 33 bits (ISO/IEC 13818-1, 2.4.3.7). */
export const TICKS_PER_SECOND = 90_000;
export const WRAP_TICKS = 2 ** 33;

const HEADER_BYTES = 9;

/** What a packet that starts a unit says: its presentation time, where it has one, and what follows the header. */
export function readPes(payload: Buffer): { ticks: number | undefined; data: Buffer } | undefined {
  const isPes = payload.length >= HEADER_BYTES && payload.readUIntBE(0, 3) === 1;
  if (!isPes) return undefined;
  const hasTime = (payload.readUInt8(7) & 0x80) !== 0 && payload.length >= HEADER_BYTES + 5;
  const data = payload.subarray(HEADER_BYTES + payload.readUInt8(8));
  return { ticks: hasTime ? readTicks(payload, HEADER_BYTES) : undefined, data };
}

function readTicks(bytes: Buffer, at: number): number {
  const high = (bytes.readUInt8(at) >> 1) & 7;
  const middle = bytes.readUInt16BE(at + 1) >> 1;
  const low = bytes.readUInt16BE(at + 3) >> 1;
  return high * 2 ** 30 + middle * 2 ** 15 + low;
}

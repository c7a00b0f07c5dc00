/** Units of a stream's times, and where they begin again: 33 bits (ISO/IEC 13818-1, 2.4.3.7). */
export const TICKS_PER_SECOND = 90_000;
export const WRAP_TICKS = 2 ** 33;

const HEADER_BYTES = 9;
const TIME_BYTES = 5;

/** What a packet that starts a unit says: when it is shown and decoded, where it has times, and what follows the header. */
export function readPes(payload: Buffer): { ticks?: number; decodeTicks?: number; data: Buffer } | undefined {
  if (!isPes(payload)) return undefined;
  const data = payload.subarray(HEADER_BYTES + payload.readUInt8(8));
  const [ticks, decodeTicks = ticks] = timesAt(payload).map((at) => readTicks(payload, at));
  return ticks === undefined || decodeTicks === undefined ? { data } : { ticks, decodeTicks, data };
}

/** Writes the times of a packet that starts a unit anew. */
export function moveTimes(payload: Buffer, moved: (ticks: number) => number): void {
  if (isPes(payload)) for (const at of timesAt(payload)) writeTicks(payload, at, moved(readTicks(payload, at)));
}

function isPes(payload: Buffer): boolean {
  return payload.length >= HEADER_BYTES && payload.readUIntBE(0, 3) === 1;
}

/** Where the presentation time stands, and the decoding time where that is another. */
function timesAt(payload: Buffer): number[] {
  const flags = payload.readUInt8(7) >> 6;
  const places = flags === 3 ? [HEADER_BYTES, HEADER_BYTES + TIME_BYTES] : flags === 2 ? [HEADER_BYTES] : [];
  return places.filter((at) => at + TIME_BYTES <= payload.length);
}

function readTicks(bytes: Buffer, at: number): number {
  const high = (bytes.readUInt8(at) >> 1) & 7;
  const middle = bytes.readUInt16BE(at + 1) >> 1;
  const low = bytes.readUInt16BE(at + 3) >> 1;
  return high * 2 ** 30 + middle * 2 ** 15 + low;
}

/** 33 bits, in three parts with a bit of 1 behind each. */
function writeTicks(bytes: Buffer, at: number, ticks: number): void {
  const part = (unit: number, most: number) => (Math.floor(ticks / unit) % most) * 2 + 1;
  bytes.writeUInt8((bytes.readUInt8(at) & 0xf0) | part(2 ** 30, 8), at);
  bytes.writeUInt16BE(part(2 ** 15, 2 ** 15), at + 1);
  bytes.writeUInt16BE(part(1, 2 ** 15), at + 3);
}

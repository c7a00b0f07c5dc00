import { type PacketShape, payloadStart, SYNC } from "./packets.ts";
import { moveTimes, WRAP_TICKS } from "./pes.ts";

/** From a place of a file on, its times are so much later than they say. */
export interface Stretch {
  at: number;
  laterTicks: number;
}

export function laterAt(stretches: readonly Stretch[], at: number): number {
  return stretches.findLast((stretch) => stretch.at <= at)?.laterTicks ?? 0;
}

/** Writes the times of some streams anew, packet by packet, where they are later than they say. */
export async function* retimed(
  chunks: AsyncIterable<Uint8Array>,
  start: number,
  { shape, pids, stretches }: { shape: PacketShape; pids: ReadonlySet<number>; stretches: readonly Stretch[] },
): AsyncGenerator<Uint8Array> {
  let left = Buffer.alloc(0);
  let at = start;
  for await (const chunk of chunks) {
    const bytes = Buffer.concat([left, chunk]);
    let done = 0;
    while (done + shape.bytes <= bytes.length) {
      const isInStep = bytes[done + shape.lead] === SYNC;
      const later = laterAt(stretches, at + done);
      if (isInStep && later !== 0) moveTimesOf(bytes.subarray(done + shape.lead, done + shape.bytes), pids, later);
      done += isInStep ? shape.bytes : 1;
    }
    yield bytes.subarray(0, done);
    left = bytes.subarray(done);
    at += done;
  }
  yield left;
}

function moveTimesOf(packet: Buffer, pids: ReadonlySet<number>, laterTicks: number): void {
  const second = packet[1] ?? 0;
  const pid = ((second & 0x1f) << 8) | (packet[2] ?? 0);
  if ((second & 0x40) === 0 || !pids.has(pid)) return;
  moveTimes(packet.subarray(payloadStart(packet)), (ticks) => {
    return (((ticks + laterTicks) % WRAP_TICKS) + WRAP_TICKS) % WRAP_TICKS;
  });
}

import { type PacketShape, payloadStart, pidOf, SYNC, startsUnit } from "./packets.ts";
import { moveTimes, WRAP_TICKS } from "./pes.ts";

/** A frame or a packet of audio, by its place and the time at which it is decoded. */
export interface Timed {
  kind: "video" | "audio";
  at: number;
  decodeTicks: number;
}

/** From a place of a file on, times are so much later than they say: frames from `at`, audio from `audioAt`. */
export interface Stretch {
  at: number;
  audioAt: number;
  laterTicks: number;
}

export function laterAt(stretches: readonly Stretch[], { kind, at }: Pick<Timed, "kind" | "at">): number {
  return stretches.findLast((stretch) => (kind === "video" ? stretch.at : stretch.audioAt) <= at)?.laterTicks ?? 0;
}

/** Writes the times of some streams anew, packet by packet, where they are later than they say. */
export async function* retimed(
  chunks: AsyncIterable<Uint8Array>,
  start: number,
  {
    shape,
    kinds,
    stretches,
  }: { shape: PacketShape; kinds: ReadonlyMap<number, Timed["kind"]>; stretches: readonly Stretch[] },
): AsyncGenerator<Uint8Array> {
  let left = Buffer.alloc(0);
  let at = start;
  for await (const chunk of chunks) {
    const bytes = Buffer.concat([left, chunk]);
    let done = 0;
    while (done + shape.bytes <= bytes.length) {
      const isInStep = bytes[done + shape.lead] === SYNC;
      const packet = bytes.subarray(done + shape.lead, done + shape.bytes);
      const kind = isInStep ? kinds.get(pidOf(packet)) : undefined;
      const later = kind === undefined ? 0 : laterAt(stretches, { kind, at: at + done });
      if (later !== 0) moveTimesOf(packet, later);
      done += isInStep ? shape.bytes : 1;
    }
    yield bytes.subarray(0, done);
    left = bytes.subarray(done);
    at += done;
  }
  yield left;
}

function moveTimesOf(packet: Buffer, laterTicks: number): void {
  if (!startsUnit(packet)) return;
  moveTimes(packet.subarray(payloadStart(packet)), (ticks) => {
    return (((ticks + laterTicks) % WRAP_TICKS) + WRAP_TICKS) % WRAP_TICKS;
  });
}

import { inPackets, packetIn } from "./packets.ts";
import { moveTimes, WRAP_TICKS } from "./pes.ts";
import type { Stream } from "./program.ts";

/** A frame or a packet of audio, by its place and the times at which it is shown and decoded. */
export interface Timed {
  kind: "video" | "audio";
  at: number;
  ticks: number;
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

/** Writes the times of its streams anew, packet by packet, where they are later than they say; and PIDs, where they change. */
export async function* rewritten(
  chunks: AsyncIterable<Uint8Array>,
  start: number,
  { shape, kindOf, stretches, pids }: Pick<Stream, "shape" | "kindOf"> & Rewriting,
): AsyncGenerator<Uint8Array> {
  for await (const { bytes, at, offsets } of inPackets(chunks, start, shape)) {
    for (const offset of offsets) {
      const packet = packetIn(bytes, offset, { shape, at });
      const kind = kindOf(packet);
      const later = kind === undefined ? 0 : laterAt(stretches, { kind, at: packet.at });
      if (later !== 0 && packet.startsUnit) moveTimes(packet.payload, (ticks) => wrapped(ticks + later));
      if (pids) renumber(bytes, offset + shape.lead, (kind && pids[kind]) ?? NULL_PID);
    }
    yield bytes;
  }
}

interface Rewriting {
  stretches: readonly Stretch[];
  /** What the streams are to have; all others are left out. Absent: every packet keeps its own. */
  pids?: Partial<Record<Timed["kind"], number>> | undefined;
}

/** Packets of it mean nothing (ISO/IEC 13818-1, 2.4.3.3). */
const NULL_PID = 0x1fff;

function renumber(bytes: Buffer, sync: number, pid: number): void {
  bytes.writeUInt16BE((bytes.readUInt16BE(sync + 1) & 0xe000) | pid, sync + 1);
}

function wrapped(ticks: number): number {
  return ((ticks % WRAP_TICKS) + WRAP_TICKS) % WRAP_TICKS;
}

import type { Pieces } from "../pieces.ts";
import { inPackets, packetIn } from "./packets.ts";
import { readPes } from "./pes.ts";
import type { Stream } from "./program.ts";
import type { Timed } from "./retime.ts";

/** The time of every frame and packet of audio from a packet of the file on, in one reading. */
export async function* allTimes(
  pieces: Pieces,
  from: number,
  { shape, kindOf }: Pick<Stream, "shape" | "kindOf">,
): AsyncGenerator<Timed, void, undefined> {
  for await (const { bytes, at, offsets } of inPackets(pieces.from(from), from, shape)) {
    for (const offset of offsets) {
      const packet = packetIn(bytes, offset, { shape, at });
      const kind = packet.startsUnit ? kindOf(packet) : undefined;
      const { ticks, decodeTicks } = (kind && readPes(packet.payload)) ?? {};
      if (kind && ticks !== undefined && decodeTicks !== undefined) yield { kind, at: packet.at, ticks, decodeTicks };
    }
  }
}

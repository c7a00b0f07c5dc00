import type { Pieces } from "../pieces.ts";
import { payloadStart, pidOf, SYNC, startsUnit } from "./packets.ts";
import { readPes } from "./pes.ts";
import type { Stream } from "./program.ts";
import type { Timed } from "./retime.ts";

/** The time of every frame and packet of audio from a packet of the file on, in one reading. */
export async function* allTimes(
  pieces: Pieces,
  from: number,
  { shape, kinds }: Pick<Stream, "shape" | "kinds">,
): AsyncGenerator<Timed, void, undefined> {
  let left = Buffer.alloc(0);
  let at = from;
  for await (const chunk of pieces.from(from)) {
    const bytes = Buffer.concat([left, chunk]);
    let done = 0;
    while (done + shape.bytes <= bytes.length) {
      const packet = bytes.subarray(done + shape.lead, done + shape.bytes);
      const isInStep = packet[0] === SYNC;
      const kind = isInStep && startsUnit(packet) ? kinds.get(pidOf(packet)) : undefined;
      const decodeTicks = kind && readPes(packet.subarray(payloadStart(packet)))?.decodeTicks;
      if (kind && decodeTicks !== undefined) yield { kind, at: at + done, decodeTicks };
      done += isInStep ? shape.bytes : 1;
    }
    left = bytes.subarray(done);
    at += done;
  }
}

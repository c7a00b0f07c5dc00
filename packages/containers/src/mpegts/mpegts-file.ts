import { type FrameFile, NotTakenApartError, type Place, type Unit } from "../frames.ts";
import type { Pieces } from "../pieces.ts";
import { withoutStrays } from "../strays.ts";
import { allTimes } from "./all-times.ts";
import { entryOf } from "./entry.ts";
import { type Packet, packetShape, packets } from "./packets.ts";
import { readPes, TICKS_PER_SECOND, WRAP_TICKS } from "./pes.ts";
import { laterPrograms, readProgram, type Stream, streamOf } from "./program.ts";
import { findRestarts } from "./restarts.ts";
import { laterAt, rewritten } from "./retime.ts";
import { endOfWholeFrames } from "./whole-frames.ts";

const HEAD_BYTES = 64 * 1024;
/** So far before a file's first time its others may be: what is farther has begun again at 0. */
const BACK_TICKS = 3600 * TICKS_PER_SECOND;

/**
 * @param isWhole looks through the whole file for places where its clock begins again
 * @throws NotTakenApartError when this folder does not understand it
 */
export async function openMpegTs(all: Pieces, isWhole = false): Promise<FrameFile> {
  const shape = packetShape(await all.at(0, HEAD_BYTES));
  if (!shape) throw new NotTakenApartError("its packets are not in step");
  const first = await readProgram(all, shape);
  const others = await laterPrograms(all, shape, first);
  // Audio may come later, or go.
  const program = [first, ...others].find(({ audioPid }) => audioPid !== undefined) ?? first;
  const tables = program.tablePackets.map(async (at) => (await all.at(at, shape.bytes)).subarray(0, shape.bytes));
  const stream = streamOf(shape, [first, ...others]);
  const end = await endOfWholeFrames(all, stream);
  const pieces = end < all.size ? all.until(end) : all;
  const pids = others.length > 0 ? { video: program.video.pid, audio: program.audioPid } : undefined;
  const zeroTicks = await firstTicks(pieces, stream);
  const { stretches, looked } = isWhole
    ? { ...(await findRestarts(pieces.size, (at) => allTimes(pieces, at, stream), isWhole)), looked: [] }
    : await findRestarts(pieces.size, (at) => rawUnits(pieces, at, stream));
  const secondsOf = (unit: RawUnit) => fromFirst(unit.ticks + laterAt(stretches, unit) - zeroTicks) / TICKS_PER_SECOND;
  const units = (position: number) => withoutStrays(timed(position));
  async function* timed(position: number): AsyncGenerator<Unit> {
    for await (const unit of rawUnits(pieces, position, stream)) {
      const { kind, at, entry } = unit;
      yield { kind, at, entry, seconds: secondsOf(unit) };
    }
  }
  return {
    size: pieces.size,
    hasAudio: program.audioPid !== undefined,
    units,
    async next(position): Promise<Place | undefined> {
      for await (const { kind, at, seconds } of units(position)) if (kind === "video") return { at, seconds };
      return undefined;
    },
    index: async () => looked.map((unit) => ({ at: unit.at, seconds: secondsOf(unit) })),
    prefix: Buffer.concat(await Promise.all(tables)),
    zeroSeconds: -zeroTicks / TICKS_PER_SECOND,
    part: (chunks, start) =>
      stretches.length > 0 || pids ? rewritten(chunks, start, { ...stream, stretches, pids }) : chunks,
  };
}

function fromFirst(ticks: number): number {
  return ((((ticks + BACK_TICKS) % WRAP_TICKS) + WRAP_TICKS) % WRAP_TICKS) - BACK_TICKS;
}

async function firstTicks(pieces: Pieces, stream: Stream): Promise<number> {
  for await (const { kind, ticks } of rawUnits(pieces, 0, stream)) if (kind === "video") return ticks;
  throw new NotTakenApartError("no frame in it has a time");
}

type RawUnit = Omit<Unit, "seconds"> & { ticks: number; decodeTicks: number };

/** Frames that carry a time. A frame is given as soon as its beginning tells what it is. */
async function* rawUnits(pieces: Pieces, position: number, { shape, codec, kindOf }: Stream): AsyncGenerator<RawUnit> {
  let frame: { unit: RawUnit; head: Buffer } | undefined;
  for await (const run of packets(pieces, position, shape)) {
    for (const packet of run) {
      const { startsUnit, payload } = packet;
      const kind = kindOf(packet);
      if (!kind) continue;
      const isVideo = kind === "video";
      const started = startsUnit ? startedUnit(packet, isVideo) : undefined;
      if (!isVideo) {
        if (started) yield started.unit;
        continue;
      }
      if (startsUnit) {
        if (frame) yield frame.unit;
        frame = started;
      } else if (frame) frame.head = Buffer.concat([frame.head, payload]);
      if (!frame) continue;
      const entry = entryOf(frame.head, codec);
      if (!entry) continue;
      yield entry === "none" ? frame.unit : { ...frame.unit, entry };
      frame = undefined;
    }
  }
  if (frame) yield frame.unit;
}

function startedUnit({ at, payload }: Packet, isVideo: boolean): { unit: RawUnit; head: Buffer } | undefined {
  const pes = readPes(payload);
  if (pes?.ticks === undefined || pes.decodeTicks === undefined) return undefined;
  const { ticks, decodeTicks, data: head } = pes;
  return { unit: { kind: isVideo ? "video" : "audio", at, ticks, decodeTicks }, head };
}

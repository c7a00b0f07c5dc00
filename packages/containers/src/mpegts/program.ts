import { MOST_LOOKED_THROUGH, NotTakenApartError } from "../frames.ts";
import type { Pieces } from "../pieces.ts";
import { inPackets, type Packet, type PacketShape, packetIn, packets } from "./packets.ts";

/** Stream types of ISO/IEC 13818-1, table 2-34. */
const VIDEO = new Map<number, "h264" | "hevc">([
  [0x1b, "h264"],
  [0x24, "hevc"],
]);
/** MPEG audio, AAC, and what others use for AC-3, DTS and PCM. */
const AUDIO = new Set([0x03, 0x04, 0x0f, 0x11, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87]);

/** Private data is audio when a descriptor says so (ETSI EN 300 468, annex D; SMPTE-RA). */
const PRIVATE = 0x06;
const AUDIO_DESCRIPTORS = new Set([0x6a, 0x7a, 0x7b, 0x7c]);
const AUDIO_FORMATS = new Set(["AC-3", "EAC3", "Opus", "BSSD", "DTS1", "DTS2", "DTS3"]);
const REGISTRATION = 0x05;

/** The tables are repeated several times a second. */
const TABLES_WITHIN_BYTES = 4 * 1024 ** 2;
const END_BYTES = 256 * 1024;

/** The one program of a transport stream. */
export interface Program {
  video: { pid: number; codec: "h264" | "hevc" };
  audioPid: number | undefined;
  /** Where the packets lie that hold its tables, PAT and PMT. */
  tablePackets: number[];
}

/** How a file is to be read. */
export interface Stream {
  shape: PacketShape;
  codec: Program["video"]["codec"];
  /** What a packet is of. */
  kindOf(packet: Pick<Packet, "pid" | "at">): "video" | "audio" | undefined;
}

/** @param programs in the file's order; the first one counts also before its tables */
export function streamOf(shape: PacketShape, [first, ...others]: readonly [Program, ...Program[]]): Stream {
  return {
    shape,
    codec: first.video.codec,
    kindOf({ pid, at }) {
      const { video, audioPid } = others.findLast((program) => (program.tablePackets[0] ?? 0) <= at) ?? first;
      return pid === video.pid ? "video" : pid === audioPid ? "audio" : undefined;
    },
  };
}

/** @throws NotTakenApartError when there is none, more than one, or its video is neither H.264 nor H.265 */
export async function readProgram(pieces: Pieces, shape: PacketShape): Promise<Program> {
  const tables = new Tables();
  for await (const run of packets(pieces, 0, shape)) {
    for (const packet of run) {
      const program = tables.add(packet);
      if (program) return program;
    }
    if ((run.at(-1)?.at ?? 0) > TABLES_WITHIN_BYTES) break;
  }
  throw new NotTakenApartError("it has no table of its streams (PMT)");
}

/** Puts the tables of a program together, as often as they come. */
class Tables {
  #pat = new SectionReader(0);
  #pmt: SectionReader | undefined;
  #patPackets: number[] = [];

  /** @returns what they say, where the packet completes a PMT */
  add(packet: Packet): Program | undefined {
    const programs = this.#pat.add(packet);
    if (programs) {
      const pid = onlyProgram(programs);
      this.#patPackets = this.#pat.packets;
      this.#pat = new SectionReader(0);
      if (this.#pmt?.pid !== pid) this.#pmt = new SectionReader(pid);
    }
    const streams = this.#pmt?.add(packet);
    if (!streams || !this.#pmt) return undefined;
    const tablePackets = [...this.#patPackets, ...this.#pmt.packets];
    this.#pmt = new SectionReader(this.#pmt.pid);
    return { ...readStreams(streams), tablePackets };
  }
}

/**
 * The programs that follow on the first one where its streams get other PIDs, as the tables at the file's end tell; then all of it is
 * read.
 * @throws NotTakenApartError when one has other streams
 */
export async function laterPrograms(pieces: Pieces, shape: PacketShape, first: Program): Promise<Program[]> {
  const atEnd = new Tables();
  let last = first;
  for await (const run of packets(pieces, Math.max(0, pieces.size - END_BYTES), shape))
    for (const packet of run) last = atEnd.add(packet) ?? last;
  if (isSame(first, last)) return [];
  if (pieces.size > MOST_LOOKED_THROUGH) throw new NotTakenApartError("its streams get other PIDs");
  const found: Program[] = [];
  const tables = new Tables();
  for await (const { bytes, at, offsets } of inPackets(pieces.from(0), 0, shape)) {
    for (const offset of offsets) {
      const program = tables.add(packetIn(bytes, offset, { shape, at }));
      if (!program || isSame(found.at(-1) ?? first, program)) continue;
      if (program.video.codec !== first.video.codec) throw new NotTakenApartError("its video changes its codec");
      found.push(program);
    }
  }
  return found;
}

function isSame(one: Program, other: Program): boolean {
  return one.video.pid === other.video.pid && one.audioPid === other.audioPid;
}

/** Puts one section together, out of the packets of one PID. */
class SectionReader {
  readonly packets: number[] = [];
  readonly pid: number;
  #bytes: Buffer | undefined;

  constructor(pid: number) {
    this.pid = pid;
  }

  /** @returns the section, once it is whole */
  add({ pid, startsUnit, payload, at }: Packet): Buffer | undefined {
    if (pid !== this.pid || this.#length() !== undefined) return undefined;
    if (startsUnit) this.packets.length = 0;
    else if (!this.#bytes) return undefined;
    this.packets.push(at);
    this.#bytes = startsUnit
      ? payload.subarray(1 + (payload[0] ?? 0))
      : Buffer.concat([this.#bytes ?? Buffer.alloc(0), payload]);
    return this.#bytes.subarray(0, this.#length() ?? 0).length > 0
      ? this.#bytes.subarray(0, this.#length())
      : undefined;
  }

  /** Undefined while it is not whole. */
  #length(): number | undefined {
    if (!this.#bytes || this.#bytes.length < 3) return undefined;
    const length = 3 + (this.#bytes.readUInt16BE(1) & 0xfff);
    return length <= this.#bytes.length ? length : undefined;
  }
}

function onlyProgram(pat: Buffer): number {
  const pids: number[] = [];
  for (let at = 8; at + 8 <= pat.length; at += 4)
    if (pat.readUInt16BE(at) !== 0) pids.push(pat.readUInt16BE(at + 2) & 0x1fff);
  const [pid] = pids;
  if (pid === undefined || pids.length > 1) throw new NotTakenApartError(`it has ${pids.length} programs`);
  return pid;
}

function readStreams(pmt: Buffer): Pick<Program, "video" | "audioPid"> {
  let [video, audioPid]: [Program["video"]?, number?] = [];
  const types: number[] = [];
  const first = pmt.length >= 12 ? 12 + (pmt.readUInt16BE(10) & 0xfff) : pmt.length;
  for (let at = first; at + 9 <= pmt.length; ) {
    const [type, pid] = [pmt.readUInt8(at), pmt.readUInt16BE(at + 1) & 0x1fff];
    const descriptors = pmt.subarray(at + 5, at + 5 + (pmt.readUInt16BE(at + 3) & 0xfff));
    const codec = VIDEO.get(type);
    if (codec) video ??= { pid, codec };
    else if (AUDIO.has(type) || (type === PRIVATE && areOfAudio(descriptors))) audioPid ??= pid;
    types.push(type);
    at += 5 + descriptors.length;
  }
  if (!video) throw new NotTakenApartError(`it has no video of H.264 or H.265 (stream types ${types.join(", ")})`);
  return { video, audioPid };
}

function areOfAudio(descriptors: Buffer): boolean {
  for (let at = 0; at + 2 <= descriptors.length; at += 2 + descriptors.readUInt8(at + 1)) {
    const tag = descriptors.readUInt8(at);
    if (AUDIO_DESCRIPTORS.has(tag)) return true;
    if (tag === REGISTRATION && AUDIO_FORMATS.has(descriptors.toString("latin1", at + 2, at + 6))) return true;
  }
  return false;
}

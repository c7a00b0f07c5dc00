import { NotTakenApartError } from "../frames.ts";
import type { Pieces } from "../pieces.ts";
import { type Packet, type PacketShape, packets } from "./packets.ts";

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
  program: Program;
  /** What its PIDs are of. */
  kinds: ReadonlyMap<number, "video" | "audio">;
}

/** @throws NotTakenApartError when there is none, more than one, or its video is neither H.264 nor H.265 */
export async function readProgram(pieces: Pieces, shape: PacketShape): Promise<Program> {
  const pat = new SectionReader(0);
  let pmt: SectionReader | undefined;
  for await (const run of packets(pieces, 0, shape)) {
    for (const packet of run) {
      const programs = pat.add(packet);
      if (programs && !pmt) pmt = new SectionReader(onlyProgram(programs));
      const streams = pmt?.add(packet);
      if (streams && pmt) return { ...readStreams(streams), tablePackets: [...pat.packets, ...pmt.packets] };
    }
    if ((run.at(-1)?.at ?? 0) > TABLES_WITHIN_BYTES) break;
  }
  throw new NotTakenApartError("it has no table of its streams (PMT)");
}

/** Puts one section together, out of the packets of one PID. */
class SectionReader {
  readonly packets: number[] = [];
  readonly #pid: number;
  #bytes: Buffer | undefined;

  constructor(pid: number) {
    this.#pid = pid;
  }

  /** @returns the section, once it is whole */
  add({ pid, startsUnit, payload, at }: Packet): Buffer | undefined {
    if (pid !== this.#pid || this.#length() !== undefined) return undefined;
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

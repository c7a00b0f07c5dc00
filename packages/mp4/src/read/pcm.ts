import { box, u16, u32 } from "../write/write-boxes.ts";
import type { BoxReader } from "./box-reader.ts";
import { type Box, findBox } from "./boxes.ts";

/** Uncompressed audio, and G.711, which has one byte a value. */
export interface Pcm {
  bits: number;
  /** Bytes of one frame: one value for each channel. */
  frameBytes: number;
}

/** Bits of a value by sample entry type; 0: the entry says. QuickTime File Format, and ISO/IEC 23003-5 for ipcm and fpcm. */
const BITS: Record<string, number> = {
  alaw: 8,
  ulaw: 8,
  sowt: 0,
  twos: 0,
  "raw ": 0,
  NONE: 0,
  in24: 24,
  in32: 32,
  fl32: 32,
  fl64: 64,
  lpcm: 0,
  ipcm: 0,
  fpcm: 0,
};

/** @param saidBits bits of a value as the sample entry tells them */
export function pcmOf(format: string, channels: number, saidBits: number, children: readonly Box[]): Pcm | undefined {
  const known = BITS[format];
  if (known === undefined) return undefined;
  const bits = known || (pcmConfig(children)?.bits ?? saidBits);
  const frameBytes = (channels * bits) / 8;
  return Number.isInteger(frameBytes) && frameBytes > 0 && bits <= 64 ? { bits, frameBytes } : undefined;
}

/** pcmC, ISO/IEC 23003-5, 4.2. */
function pcmConfig(children: readonly Box[]): { littleEndian: boolean; bits: number } | undefined {
  const body = findBox(children, "pcmC")?.body;
  if (!body || body.length < 6) return undefined;
  return { littleEndian: ((body[4] ?? 0) & 1) === 1, bits: body[5] ?? 0 };
}

/**
 * The sample entry for a slice: ffmpeg knows ipcm and fpcm from version 6.1 on only, so these are named as QuickTime names
 * the same bytes. Without pcmC nobody knows the byte order, and the entry stays as it is.
 */
export function decodableEntry(
  entry: Uint8Array,
  format: string,
  audio: { channels: number; sampleRate: number },
  children: readonly Box[],
): Uint8Array {
  const config = format === "ipcm" || format === "fpcm" ? pcmConfig(children) : undefined;
  if (!config) return entry;
  const { littleEndian, bits } = config;
  const sixteen = littleEndian ? "sowt" : "twos";
  const names: Record<string, string> = {
    ipcm16: sixteen,
    ipcm24: "in24",
    ipcm32: "in32",
    fpcm32: "fl32",
    fpcm64: "fl64",
  };
  const name = names[`${format}${bits}`];
  if (!name) return entry;
  const fields = [u32(0, 0), u16(audio.channels, bits, 0, 0), u32(audio.sampleRate * 65_536)];
  const order = littleEndian && name !== "sowt" ? [box("enda", u16(1))] : [];
  return box(name, u32(0), u16(0, 1), ...fields, ...order);
}

/** What compressed audio of one size is coded in, QuickTime File Format, sound sample description version 1. */
export interface AudioPacket {
  frames: number;
  bytes: number;
}

export interface AudioFields {
  channels: number;
  sampleRate: number;
  bits: number;
  packet?: AudioPacket;
}

/** The fields of an audio sample entry in all three QuickTime versions; reading stops before the child boxes. */
export function readAudioFields(fields: BoxReader): AudioFields & { version: number } {
  fields.skip(8);
  const version = fields.u16();
  fields.skip(6);
  const [channels, bits] = [fields.u16(), fields.u16()];
  fields.skip(4);
  const sampleRate = fields.u32() / 65_536;
  if (version === 1) return { version, channels, bits, sampleRate, ...readPacket(fields) };
  if (version !== 2) return { version, channels, bits, sampleRate };
  fields.skip(4);
  const rate = fields.f64();
  const own = { channels: fields.u32(), sampleRate: rate };
  fields.skip(4);
  const ownBits = fields.u32();
  fields.skip(12);
  return { version, ...own, bits: ownBits };
}

/** Block sizes of ADPCM are 16-bit numbers. */
const LARGEST_PACKET = 65_535;

function readPacket(fields: BoxReader): { packet?: AudioPacket } {
  const frames = fields.u32();
  fields.skip(4);
  const bytes = fields.u32();
  fields.skip(4);
  return frames > 1 && bytes > 0 && bytes <= LARGEST_PACKET ? { packet: { frames, bytes } } : {};
}

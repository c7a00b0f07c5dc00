import { MalformedBoxError, unlessBroken } from "../errors.ts";
import { type AvcConfig, readAvcConfig } from "../h26x/avc-config.ts";
import { type HevcConfig, readHevcConfig } from "../h26x/hevc-config.ts";
import { BoxReader } from "./box-reader.ts";
import { type Box, boxesIn, findBody, findBox, readFullBox, wholeBoxesIn } from "./boxes.ts";
import { type AudioPacket, decodableEntry, type Pcm, pcmOf, readAudioFields } from "./pcm.ts";

/** One entry of stsd, ISO/IEC 14496-12, 8.5.2. */
export interface SampleDescription {
  /** Sample entry type: `avc1`, `hvc1`, `mp4a`, ... */
  format: string;
  /** The whole sample entry, to be written back unchanged. */
  entry: Uint8Array;
  video?: {
    width: number;
    height: number;
    sampleAspect: [horizontal: number, vertical: number];
    avc?: AvcConfig;
    hevc?: HevcConfig;
  };
  /**
   * `pcm`: the samples are values, one a channel, and of one size. `packet`: other audio may be timed by frames, too, though it is
   * coded in packets of these. `isAacLc`: the decoder's configuration says so, and no more.
   */
  audio?: { channels: number; sampleRate: number; pcm?: Pcm; packet?: AudioPacket; isAacLc?: true };
}

/** Bytes before the child boxes: ISO/IEC 14496-12, 12.1.3. */
export const VISUAL_ENTRY_BYTES = 86;

export function readDescriptions(stsd: Uint8Array, handler: string): SampleDescription[] {
  const { fields } = readFullBox("stsd", stsd);
  const count = fields.count(8);
  return boxesIn(fields.rest())
    .slice(0, count)
    .map((entry) => readDescription(entry, handler));
}

function readDescription(entry: Box, handler: string): SampleDescription {
  const base = { format: entry.type, entry: entry.bytes };
  if (handler === "vide") return { ...base, video: readVisualEntry(entry) };
  if (handler === "soun") return { ...base, ...readAudioEntry(entry) };
  return base;
}

function readVisualEntry(entry: Box): SampleDescription["video"] {
  const fields = new BoxReader(entry.type, entry.body);
  fields.skip(24);
  const [width, height] = [fields.u16(), fields.u16()];
  fields.skip(50);
  const children = wholeBoxesIn(fields.rest());
  requireClear(entry.type, children);
  requireUsualSize(width, height);
  const avcC = findBox(children, "avcC");
  const avc = avcC && readAvcConfig(avcC.body);
  const hevc = readHevc(children);
  return { width, height, sampleAspect: readSampleAspect(children), ...(avc && { avc }), ...(hevc && { hevc }) };
}

/** Only copying needs it: a broken one says nothing against the file. */
function readHevc(children: Box[]): HevcConfig | undefined {
  const hvcC = findBox(children, "hvcC");
  return hvcC && unlessBroken(() => readHevcConfig(hvcC.body));
}

/** The largest pictures of H.264 and H.265 (level 6.2), 8192x4320, in whole coding units of 64: decoders need 50 bytes a pixel. */
export const MOST_PIXELS = 8192 * 4352;

/** What is said of larger ones. */
export const TOO_LARGE =
  "its pictures are larger than 8192x4320: make them smaller, for example with: ffmpeg -i RECORDING -vf scale=3840:-2 RECORDING.mp4";

function requireUsualSize(width: number, height: number): void {
  if (width * height > MOST_PIXELS) throw new MalformedBoxError(TOO_LARGE);
}

/** Decoders make garbage of encrypted samples (ISO/IEC 14496-12, 8.12; 23001-7), and say little. */
function requireClear(type: string, children: Box[]): void {
  const protection = findBox(children, "sinf");
  if (type !== "encv" && !protection) return;
  const schm = protection && findBody(protection.body, "schm");
  const scheme = schm ? `, scheme ${new BoxReader("schm", schm.subarray(4)).ascii(4)}` : "";
  throw new MalformedBoxError(`its video is encrypted (${type}${scheme}): decrypt the recording before it is cut`);
}

function readSampleAspect(children: Box[]): [number, number] {
  const pasp = findBox(children, "pasp");
  if (!pasp) return [1, 1];
  const fields = new BoxReader("pasp", pasp.body);
  return [fields.u32() || 1, fields.u32() || 1];
}

function readAudioEntry(entry: Box): Pick<SampleDescription, "audio" | "entry"> {
  const fields = new BoxReader(entry.type, entry.body);
  const { bits, ...said } = readAudioFields(fields);
  const children = said.version === 0 ? boxesIn(fields.rest()) : childrenOf(fields.rest());
  const esds = findBox(children, "esds");
  const audio = { ...said, ...(esds && said.version === 0 && readDecoderConfig(esds.body)) };
  const { channels, sampleRate, packet, isAacLc } = audio;
  const pcm = pcmOf(entry.type, channels, bits, children);
  const stored = pcm ? { pcm } : packet && { packet };
  return {
    audio: { channels, sampleRate, ...stored, ...(isAacLc && { isAacLc }) },
    entry: decodableEntry(entry.bytes, entry.type, audio, children),
  };
}

/** QuickTime writers leave all kinds of bytes behind an audio entry's fields, which say nothing against the audio. */
function childrenOf(bytes: Uint8Array): Box[] {
  return unlessBroken(() => boxesIn(bytes)) ?? [];
}

const DECODER_CONFIG = 4;
const DECODER_SPECIFIC = 5;
const AAC = 0x40;
/** samplingFrequencyIndex, ISO/IEC 14496-3, table 1.18. */
const AAC_RATES = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350];

/** Channels and rate as the AAC decoder is told them (ISO/IEC 14496-1, 7.2.6): the sample entry often says "2" for mono. */
function readDecoderConfig(esds: Uint8Array): { channels?: number; sampleRate?: number; isAacLc?: true } {
  const fields = new BoxReader("esds", esds);
  fields.skip(4);
  readDescriptor(fields);
  fields.skip(3);
  if (readDescriptor(fields) !== DECODER_CONFIG || fields.u8() !== AAC) return {};
  fields.skip(12);
  if (fields.left === 0 || readDescriptor(fields) !== DECODER_SPECIFIC) return {};
  const bits = fields.u16();
  const channels = (bits >> 3) & 15;
  const sampleRate = AAC_RATES[(bits >> 7) & 15];
  const plain = bits >> 11 === 2 && channels >= 1 && channels <= 6 && sampleRate !== undefined;
  return plain ? { channels, sampleRate, isAacLc: true } : {};
}

/** Reads a descriptor's tag and its length, seven bits to a byte. */
function readDescriptor(fields: BoxReader): number {
  const tag = fields.u8();
  while ((fields.u8() & 0x80) !== 0);
  return tag;
}

import { type AvcConfig, readAvcConfig } from "./avc-config.ts";
import { type Box, boxesIn, findBox, fullBox } from "./boxes.ts";
import { Fields } from "./fields.ts";

/** One entry of stsd, ISO/IEC 14496-12, 8.5.2. */
export interface SampleDescription {
  /** Sample entry type: `avc1`, `hvc1`, `mp4a`, ... */
  format: string;
  /** The whole sample entry, to be written back unchanged. */
  entry: Uint8Array;
  video?: { width: number; height: number; sampleAspect: [horizontal: number, vertical: number]; avc?: AvcConfig };
  audio?: { channels: number; sampleRate: number };
}

/** Bytes before the child boxes: ISO/IEC 14496-12, 12.1.3. */
export const VISUAL_ENTRY_BYTES = 86;

export function readDescriptions(stsd: Uint8Array, handler: string): SampleDescription[] {
  const { fields } = fullBox("stsd", stsd);
  const count = fields.count(8);
  return boxesIn(fields.rest())
    .slice(0, count)
    .map((entry) => readDescription(entry, handler));
}

function readDescription(entry: Box, handler: string): SampleDescription {
  const base = { format: entry.type, entry: entry.bytes };
  if (handler === "vide") return { ...base, video: readVisualEntry(entry) };
  if (handler === "soun") return { ...base, audio: readAudioEntry(entry) };
  return base;
}

function readVisualEntry(entry: Box): SampleDescription["video"] {
  const fields = new Fields(entry.type, entry.body);
  fields.skip(24);
  const [width, height] = [fields.u16(), fields.u16()];
  fields.skip(50);
  const children = boxesIn(fields.rest());
  const avcC = findBox(children, "avcC");
  const avc = avcC && readAvcConfig(avcC.body);
  return { width, height, sampleAspect: readSampleAspect(children), ...(avc && { avc }) };
}

function readSampleAspect(children: Box[]): [number, number] {
  const pasp = findBox(children, "pasp");
  if (!pasp) return [1, 1];
  const fields = new Fields("pasp", pasp.body);
  return [fields.u32() || 1, fields.u32() || 1];
}

function readAudioEntry(entry: Box): SampleDescription["audio"] {
  const fields = new Fields(entry.type, entry.body);
  fields.skip(16);
  const channels = fields.u16();
  fields.skip(6);
  return { channels, sampleRate: fields.u32() / 65536 };
}

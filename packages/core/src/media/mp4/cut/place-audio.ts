import { presentationSeconds, type Track } from "../movie.ts";
import { type MuxSample, type MuxTrack, samplesOf } from "../mux-track.ts";
import type { CutPart, CutPlan, CutSource } from "./cut-plan.ts";

/** The audio track of a file that was encoded for the whole clip: its time 0 is the clip's. */
export function encodedAudio(file: CutSource, plan: CutPlan): MuxTrack | undefined {
  const track = audioOf(file);
  if (!track) return undefined;
  const samples = samplesOf(track, file.bytes, 0, track.samples.count - 1);
  const edit = { ...track.edit, from: Math.max(0, track.edit.from), to: plan.durationSeconds * track.timescale };
  return { ...track, descriptions: track.descriptions.map(({ entry }) => entry), samples, edit };
}

/**
 * Audio packets of all parts, each at its own instant. Where parts meet, a packet that would begin before half of the one
 * before has been heard is left out, so nothing drifts.
 *
 * @returns why audio cannot be copied, when it cannot
 */
export function copiedAudio(plan: CutPlan, sources: readonly CutSource[]): MuxTrack | undefined | { why: string } {
  const tracks = plan.parts.map((part) => audioOf(sources[part.source]));
  const [main] = tracks;
  if (tracks.every((track) => track === undefined)) return undefined;
  if (!main || tracks.some((track) => track === undefined)) return { why: "not every recording has sound" };
  if (tracks.some((track) => !sameFormat(main, track))) return { why: "the recordings' sound differs in format" };
  const samples: MuxSample[] = [];
  let heardUntil = Number.NEGATIVE_INFINITY;
  for (const [i, part] of plan.parts.entries()) {
    const [source, track] = [sources[part.source], tracks[i]];
    if (!source || !track) continue;
    for (const { sample, start } of packetsOf(part, track, source, i === 0)) {
      if (start < heardUntil - sample.duration / 2) continue;
      const dts = Math.max(Math.round(start), (samples.at(-1)?.dts ?? Number.NEGATIVE_INFINITY) + 1);
      samples.push({ ...sample, dts, compositionOffset: 0, description: 0 });
      heardUntil = start + sample.duration;
    }
  }
  const [first] = samples;
  if (!first) return undefined;
  const edit = { shift: 0, from: Math.max(0, first.dts), to: plan.durationSeconds * main.timescale };
  const entry = main.descriptions[main.samples.description[0] ?? 0]?.entry;
  return { ...main, descriptions: entry ? [entry] : [], samples, edit };
}

function audioOf(source: CutSource | undefined): Track | undefined {
  return source?.movie.tracks.find(({ handler, samples }) => handler === "soun" && samples.count > 0);
}

function sameFormat(main: Track, other: Track | undefined): boolean {
  const entryOf = (track: Track) => track.descriptions[track.samples.description[0] ?? 0]?.entry ?? new Uint8Array();
  return (
    !!other &&
    other.timescale === main.timescale &&
    withoutBitRates(entryOf(main)) === withoutBitRates(entryOf(other)) &&
    other.samples.description.every((index) => index === other.samples.description[0])
  );
}

/** esds and btrt hold measured bit rates, which differ from file to file; format and decoder settings must not. */
function withoutBitRates(entry: Uint8Array): string {
  const bytes = Buffer.from(entry);
  const btrt = bytes.indexOf("btrt");
  if (btrt >= 4) bytes.fill(0, btrt + 4, btrt + 16);
  const esds = bytes.indexOf("esds");
  // DecoderConfigDescriptor (tag 4): type, stream type, buffer size, then maximum and average bit rate, ISO/IEC 14496-1.
  const decoder = esds < 0 ? -1 : bytes.indexOf(4, esds + 8);
  if (decoder >= 0) {
    let at = decoder + 1;
    while (((bytes[at] ?? 0) & 0x80) !== 0) at++;
    bytes.fill(0, at + 3, Math.min(bytes.length, at + 14));
  }
  return bytes.toString("latin1");
}

/** Packets that are heard in the part's slot; for the clip's first part one more, because decoders need it to warm up. */
function packetsOf(part: CutPart, track: Track, source: CutSource, warmUp: boolean) {
  const offset = part.outSeconds - part.cuts.firstSeconds;
  const { timescale, samples } = track;
  const packets: { sample: MuxSample; start: number }[] = [];
  for (let i = 0; i < samples.count; i++) {
    const start = (presentationSeconds(track, i) + offset) * timescale;
    const end = start + (samples.duration[i] ?? 0);
    const lead = warmUp ? (samples.duration[i] ?? 0) : 0;
    if (end + lead <= part.outSeconds * timescale) continue;
    if (start >= (part.outSeconds + part.slotSeconds) * timescale) break;
    const [sample] = samplesOf(track, source.bytes, i, i);
    if (sample) packets.push({ sample, start });
  }
  return packets;
}

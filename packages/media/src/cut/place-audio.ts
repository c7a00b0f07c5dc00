import { firstTrack, type MuxSample, type MuxTrack, presentationSeconds, samplesOf, type Track } from "@camclips/mp4";
import type { Piece } from "../timeline/timeline.ts";
import type { CutPlan, CutSource } from "./cut-plan.ts";

/** The audio track of a file that was encoded for the whole clip: its time 0 is the clip's. */
export function encodedAudio(file: CutSource, plan: Pick<CutPlan, "durationSeconds">): MuxTrack | undefined {
  const track = audioOf(file);
  if (!track) return undefined;
  const samples = samplesOf(track, file.bytes, 0, track.samples.count - 1);
  const edit = { ...track.edit, from: Math.max(0, track.edit.from), to: plan.durationSeconds * track.timescale };
  return { ...track, descriptions: track.descriptions.map(({ entry }) => entry), samples, edit };
}

const PLAYED_IN_MP4 = new Set(["mp4a", "Opus", "fLaC", "ac-3", "ec-3", "alac", ".mp3"]);

/**
 * Audio packets of all parts, each at its own instant, so that nothing drifts. A packet is decoded together with the one
 * before it, so every part brings its own packet from before its start, in place of what the part before has there: what
 * follows a join sounds whole from its first sample, and the part before fades out over its last packet.
 *
 * @returns why audio cannot be copied, when it cannot
 */
export function copiedAudio(plan: CutPlan, sources: readonly CutSource[]): MuxTrack | undefined | { why: string } {
  const tracks = plan.parts.map((part) => audioOf(sources[part.source]));
  const [main] = tracks;
  if (tracks.every((track) => track === undefined)) return undefined;
  if (!main || tracks.some((track) => track === undefined)) return { why: "not every recording has audio" };
  const format = main.descriptions[main.samples.description[0] ?? 0]?.format ?? "";
  if (!PLAYED_IN_MP4.has(format)) return { why: `players do not expect ${format} audio in an MP4` };
  if (tracks.some((track) => !sameFormat(main, track))) return { why: "the recordings' audio differs in format" };
  const packets: Packet[] = [];
  const all = plan.parts.map((part, i) => heardIn(part, tracks[i], sources[part.source]));
  for (const [i, part] of plan.parts.entries()) {
    const last = plan.parts[i - 1]?.joinsNext ? packets.at(-1) : undefined;
    const next = part.joinsNext ? all[i + 1]?.starts[0] : undefined;
    const own = packetsOf(part, all[i], { last, next });
    const [first] = own;
    while (first && isReplaced(packets.at(-1), first)) packets.pop();
    packets.push(...own);
  }
  const samples: MuxSample[] = [];
  for (const { sample, start } of packets) {
    const dts = Math.max(Math.round(start), (samples.at(-1)?.dts ?? Number.NEGATIVE_INFINITY) + 1);
    samples.push({ ...sample, dts, compositionOffset: 0, description: 0 });
  }
  while (endsBeforeHole(samples)) samples.shift();
  const [first] = samples;
  if (!first) return undefined;
  const edit = { shift: 0, from: Math.max(0, first.dts), to: plan.durationSeconds * main.timescale };
  const entry = main.descriptions[main.samples.description[0] ?? 0]?.entry;
  return { ...main, descriptions: entry ? [entry] : [], samples, edit };
}

function audioOf(source: CutSource | undefined): Track | undefined {
  return source && firstTrack(source.movie, "soun");
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

/** A packet and where it starts in the clip, units of its track's timescale. */
interface Packet {
  sample: MuxSample;
  start: number;
}

/** Longer than any rounding to a time scale, shorter than a packet. */
const HOLE_FACTOR = 1.5;

/**
 * Whether the first packet warms nothing up: it ends before the clip starts, and behind it is a hole. An MP4 gives it the
 * hole's length, too, all of which ffmpeg would take off what is heard.
 */
function endsBeforeHole([first, next, ...others]: readonly MuxSample[]): boolean {
  if (!first || !next) return false;
  const usual = Math.min(next.duration, ...others.slice(0, 1).map(({ duration }) => duration));
  return first.dts + usual <= 0 && next.dts - first.dts > HOLE_FACTOR * usual;
}

/** Whether less than half of a packet would be heard before the next part's first one starts. */
function isReplaced(last: Packet | undefined, first: Packet): boolean {
  return last !== undefined && last.start + last.sample.duration / 2 > first.start;
}

/** A part's audio. */
interface Heard {
  track: Track;
  source: CutSource;
  /** Where its packets would start in the clip, units of its timescale. */
  starts: Float64Array;
}

function heardIn(part: Piece, track: Track | undefined, source: CutSource | undefined): Heard | undefined {
  if (!track || !source) return undefined;
  const offset = part.outSeconds - part.heardSeconds;
  const starts = Float64Array.from({ length: track.samples.count }, (_, i) => {
    return (presentationSeconds(track, i) + offset) * track.timescale;
  });
  return { track, source, starts };
}

/**
 * Packets that are heard in the part's slot, and the one before, which decoders need to warm up. Over a join also those
 * for the time between the last packet before it and the slot, and between the slot and where the next part's audio starts.
 */
function packetsOf(
  part: Piece,
  heard: Heard | undefined,
  { last, next = Number.NEGATIVE_INFINITY }: { last: Packet | undefined; next: number | undefined },
): Packet[] {
  if (!heard) return [];
  const { track, source, starts } = heard;
  const from = part.outSeconds * track.timescale;
  const to = Math.max((part.outSeconds + part.slotSeconds) * track.timescale, next);
  const packets: Packet[] = [];
  for (const [i, start] of starts.entries()) {
    const follows = last !== undefined && start >= last.start + last.sample.duration / 2;
    if (start + 2 * (track.samples.duration[i] ?? 0) <= from && !follows) continue;
    if (start >= to) break;
    const [sample] = samplesOf(track, source.bytes, i, i);
    if (sample) packets.push({ sample, start });
  }
  return packets;
}

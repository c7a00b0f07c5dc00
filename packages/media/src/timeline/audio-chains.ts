import { inputArguments } from "../ffmpeg/input-arguments.ts";
import { number, seconds } from "../ffmpeg/time-filters.ts";
import { compensationSeconds } from "../probe/audio-jitter.ts";
import { seekArguments } from "../probe/decoding.ts";
import type { MediaProbe } from "../probe/probe.ts";
import { type AudioSlot, audioSlots } from "./audio-slots.ts";
import type { Timeline } from "./timeline.ts";

export interface AudioFormat {
  sampleRate: number;
  layout: "mono" | "stereo";
}

/** What the AAC encoder takes (ISO/IEC 14496-3, table 1.18, up to 48 kHz). */
const AAC_RATES = [8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000];

/** What encodes the audio of a clip. */
export interface AudioJob extends ClipSources {
  /** Paths of the sources. */
  paths: readonly string[];
  encoder: { audioKbps: number };
}

/**
 * Arguments of the run that encodes a clip's audio, and nothing else.
 * @param options of ffmpeg, and of each of its inputs
 */
export function audioArguments(
  { timeline, probes, paths, encoder }: AudioJob,
  output: string,
  { all = [], inputs = [] }: { all?: readonly string[]; inputs?: readonly string[] } = {},
): string[] {
  const format = clipAudio({ timeline, probes });
  if (!format) throw new TypeError("the clip has no audio");
  const files = timeline.pieces.flatMap(({ source, heardSeconds }) =>
    inputArguments(paths[source] ?? "", [...inputs, "-vn", ...seekArguments(heardSeconds, probes[source])]),
  );
  return [
    ...["-v", "warning", "-y", ...all, "-copyts", ...files],
    ...["-filter_complex", audioChains(timeline, probes, format).join(";"), "-map", "[audio]"],
    ...["-c:a", "aac", "-b:a", `${encoder.audioKbps}k`, "-f", "mp4", output],
  ];
}

/** A clip, and what is known of each source. */
interface ClipSources {
  timeline: Timeline;
  probes: readonly MediaProbe[];
}

/** The format of the first source that has audio; undefined when none has. */
export function clipAudio({ timeline, probes }: ClipSources): AudioFormat | undefined {
  const audio = timeline.pieces.map(({ source }) => probes[source]?.audio).find((audio) => audio !== undefined);
  if (audio === undefined) return undefined;
  return {
    sampleRate: AAC_RATES.includes(audio.sampleRate) ? audio.sampleRate : 48_000,
    layout: audio.channels === 1 ? "mono" : "stereo",
  };
}

/** ffmpeg cuts audio into the encoder's frames by itself, except where not one sample of the sources can be decoded. */
const AAC_FRAMES = "asetnsamples=n=1024:p=0";

/** Padding alone has no times, which `concat` refuses: where not one sample of a slot can be decoded. */
const NUMBERED = "asetpts=N/SR/TB";

/** One part per slot, each exact to the sample: silence where a recording has no audio. */
export function audioChains(timeline: Timeline, probes: readonly MediaProbe[], audio: AudioFormat): string[] {
  const at = (time: number) => Math.round(time * audio.sampleRate);
  const slots = audioSlots(timeline, probes);
  const chains = slots.map((slot, index) => {
    const samples = at(slot.outSeconds + slot.seconds) - at(slot.outSeconds);
    const recorded = probes[slot.source]?.audio;
    const chain =
      recorded === undefined || recorded.spans.length === 0
        ? silence(audio, samples)
        : audioChain(slot, slot.piece, audio, samples, recorded.jitterSeconds);
    return `${chain}[a${index}]`;
  });
  const leadSamples = at(timeline.pieces[0]?.outSeconds ?? 0);
  const lead = leadSamples > 0 ? [`${silence(audio, leadSamples)}[quiet]`] : [];
  const inputs = [...(lead.length > 0 ? ["[quiet]"] : []), ...slots.map((_, index) => `[a${index}]`)];
  return [...lead, ...chains, `${inputs.join("")}concat=n=${inputs.length}:v=0:a=1,${AAC_FRAMES}[audio]`];
}

function audioChain(
  { sourceSeconds: from, seconds: length }: AudioSlot,
  input: number,
  audio: AudioFormat,
  samples: number,
  jitterSeconds: number | undefined,
): string {
  const compensation = compensationSeconds(jitterSeconds);
  return [
    `[${input}:a:0]atrim=start=${seconds(from)}:end=${seconds(from + length)}`,
    `asetpts='PTS-${number(from)}/TB'`,
    `aresample=${audio.sampleRate}:async=1:min_hard_comp=${compensation}:first_pts=0`,
    `aformat=sample_fmts=fltp:channel_layouts=${audio.layout}`,
    `apad=whole_len=${samples}`,
    NUMBERED,
    `atrim=end_sample=${samples}`,
  ].join(",");
}

function silence(audio: AudioFormat, samples: number): string {
  const source = `anullsrc=sample_rate=${audio.sampleRate}:channel_layout=${audio.layout}`;
  return `${source},aformat=sample_fmts=fltp,atrim=end_sample=${samples}`;
}

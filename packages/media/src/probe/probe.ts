import { CorruptSourceError, spansOf, TOO_LARGE } from "@camclips/mp4";
import { audioCodecs } from "../ffmpeg/audio-formats.ts";
import { BLAME_LOG, mayBlameInput } from "../ffmpeg/blame.ts";
import { inputArguments, videoCodecs } from "../ffmpeg/input-arguments.ts";
import { readLines } from "../ffmpeg/output.ts";
import { type FfmpegRun, runFfmpeg } from "../ffmpeg/run-ffmpeg.ts";
import type { RenderSource } from "../media-engine.ts";
import { withJitter } from "./audio-jitter.ts";
import { type Colour, colourIn } from "./colour.ts";

export interface MediaProbe {
  video: VideoProbe;
  audio: AudioProbe | undefined;
  /** Name of the format of audio that cannot be decoded here. */
  lostAudio?: string | undefined;
  /** Its audio is damaged, and left out: `audio` has no spans. */
  brokenAudio?: boolean;
  /** The file is cut off or its structure is damaged: samples may be missing. */
  damaged: boolean;
}

export interface AudioProbe {
  sampleRate: number;
  channels: number;
  /** Where its packets are, ascending, seconds on the file's timeline; holes that nobody hears are left out. */
  spans: [fromSeconds: number, toSeconds: number][];
  /** How far its packets' times go back and forth although it goes on without a break, seconds; absent: they are steady. */
  jitterSeconds?: number;
}

export interface VideoProbe {
  codec: string;
  /** As shown: after rotation. */
  width: number;
  height: number;
  /** Sample aspect ratio as shown; 1 when unknown. */
  sampleAspect: number;
  /** Absent when unknown. */
  colour?: Colour;
  /** Presentation times of the frames that are shown, ascending, seconds on the file's timeline. */
  times: number[];
  /** The same frames as they are decoded. Absent when unknown. */
  decoding?: { seconds: number; isKey: boolean }[];
  /** Behind its keyframes pictures become whole little by little (intra refresh). */
  refreshes?: boolean;
}

type Ways = Pick<FfmpegRun, "ffmpeg" | "signal" | "timeLimitMs">;

const KEY = 0x1;
const DISCARDED = 0x4;
const EVERYWHERE = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
/** Lines begin with their level, so that a file's name or metadata is not taken for a complaint. */
const DAMAGE = /^.*\[(?:warning|error|fatal)\].*(?:partial file|truncat|invalid data|invalid nal|end of file)/im;

/** Where an edit list joins parts, frames that only decoders need lie between them, and ffmpeg moves those that follow. */
const MOVED = /^\[(?:vost#0:0.*\[warning\] Non-monoton|.*\[warning\] Non-monoton\w+ DTS in output stream 0:0)/m;
const JOINED =
  "its edit list joins parts of it, which cannot be cut exactly: write it anew, for example with: ffmpeg -i RECORDING RECORDING.mp4";

/**
 * Reads what a file holds, packet by packet and without decoding: what the index promises and the file does not hold is
 * not there.
 * @throws CorruptSourceError when it is no video that can be decoded.
 */
export async function probeMedia(path: string, ways: Ways): Promise<MediaProbe> {
  const table = new PacketTable();
  const copy = ["-map", "0:V:0", "-map", "0:a:0?", "-c", "copy", "-copyts", "-f", "framecrc", "pipe:1"];
  const args = ["-v", BLAME_LOG, ...inputArguments(path), ...copy];
  try {
    const log = await runFfmpeg({ ...ways, args, onOutput: readLines((line) => table.add(line)) });
    if (MOVED.test(log)) throw new CorruptSourceError(path, JOINED);
    return table.probe(path, log);
  } catch (error) {
    if (!mayBlameInput(error)) throw error;
    throw new CorruptSourceError(path, reasonOf(error.log), { cause: error });
  }
}

function reasonOf(log: string): string {
  if (log.includes("exceeds specified max pixel count")) return TOO_LARGE;
  if (log.includes("matches no streams")) return "holds no video";
  const unknown = /^\[.*\(Video: (\w+)/m.exec(log)?.[1];
  if (unknown !== undefined && !videoCodecs.has(unknown)) return notSupported(unknown);
  const lines = log.split("\n").filter((text) => /invalid|not found|could not|no such|error/i.test(text));
  return lines.map((line) => line.replace(/^(\[[^\]]*\] *)+/, "").trim()).findLast(Boolean) ?? "cannot be read";
}

const notSupported = (codec: string): string =>
  `holds ${codec} video, which is not supported: encode it, for example with: ffmpeg -i RECORDING -c:v libx264 RECORDING.mp4`;

/** Reads the text that ffmpeg's `framecrc` writes: header lines with `#`, then `stream, dts, pts, duration, size, crc, flags`. */
class PacketTable {
  readonly #header = new Map<string, string>();
  readonly #frames: { ticks: number; isKey: boolean }[] = [];
  readonly #packets = { starts: [] as number[], durations: [] as number[] };

  add(line: string): void {
    const header = /^#(\w+) (\d): (.*)$/.exec(line);
    if (header) this.#header.set(`${header[1]} ${header[2]}`, header[3] ?? "");
    else if (line.startsWith("0,")) this.#addFrame(line.split(","));
    else if (line.startsWith("1,")) this.#addPacket(line.split(","));
  }

  #addPacket(fields: string[]): void {
    this.#packets.starts.push(Number(fields[2]));
    this.#packets.durations.push(Number(fields[3]));
  }

  #addFrame(fields: string[]): void {
    const flags = /F=0x([0-9A-F]+)/i.exec(fields[6] ?? "")?.[1] ?? "0";
    if ((Number.parseInt(flags, 16) & DISCARDED) !== 0) return;
    // The flags of a keyframe that is nothing else are not written.
    const isKey = fields[6] === undefined || (Number.parseInt(flags, 16) & KEY) !== 0;
    this.#frames.push({ ticks: Number(fields[2]), isKey });
  }

  probe(path: string, log: string): MediaProbe {
    const codec = this.#header.get("codec_id 0") ?? "unknown";
    if (!videoCodecs.has(codec)) throw new CorruptSourceError(path, notSupported(codec));
    if (this.#frames.length === 0) throw new CorruptSourceError(path, "holds no frame");
    const audio = this.#audio();
    const lostAudio = audio ? undefined : this.#header.get("codec_id 1");
    return { video: this.#video(codec, log), audio, lostAudio, damaged: DAMAGE.test(log) };
  }

  #video(codec: string, log: string): VideoProbe {
    const [width = 0, height = 0] = (this.#header.get("dimensions 0") ?? "").split("x").map(Number);
    const sampleAspect = ratio(this.#header.get("sar 0")) || 1;
    const unit = ratio(this.#header.get("tb 0"));
    const decoding = this.#frames.map(({ ticks, isKey }) => ({ seconds: ticks * unit, isKey }));
    const times = decoding.map(({ seconds }) => seconds).sort((a, b) => a - b);
    const turned = Math.abs(Number(/rotation of (-?\d+)/.exec(log)?.[1] ?? 0)) % 180 === 90;
    const frames = { codec, colour: colourIn(log), times, decoding };
    if (turned) return { ...frames, width: height, height: width, sampleAspect: 1 / sampleAspect };
    return { ...frames, width, height, sampleAspect };
  }

  #audio(): MediaProbe["audio"] {
    if (!audioCodecs.has(this.#header.get("codec_id 1") ?? "")) return undefined;
    const layout = this.#header.get("channel_layout_name 1");
    // Its decoder did not open: to decode it would end the whole run.
    if (layout === "0 channels") return undefined;
    const unit = ratio(this.#header.get("tb 1"));
    const isPcm = /^(ad)?pcm_/.test(this.#header.get("codec_id 1") ?? "");
    const spans = spansOf({ ...this.#packets, isPcm }, 1 / unit, EVERYWHERE);
    const sampleRate = Number(this.#header.get("sample_rate 1"));
    const starts = this.#header.get("codec_id 1") === "aac" ? this.#packets.starts.map((ticks) => ticks * unit) : [];
    return { sampleRate, channels: layout === "mono" ? 1 : 2, spans, ...withJitter(starts, sampleRate) };
  }
}

/** What a file tells, with what is known of its recording: audio that cannot be decoded may not have come along. */
export function withLostAudio(probe: MediaProbe, { lostAudio }: Pick<RenderSource, "lostAudio">): MediaProbe {
  return lostAudio === undefined ? probe : { ...probe, audio: undefined, lostAudio };
}

/** What a report's `why` adds where the clip is silent although its sources have audio; empty otherwise. */
export function audioNote(probes: readonly (MediaProbe | undefined)[]): string {
  const formats = new Set(probes.flatMap((probe) => probe?.lostAudio ?? []));
  return formats.size === 0
    ? ""
    : `; audio is left out where it is ${[...formats].join(", ")}, which cannot be decoded`;
}

function ratio(text: string | undefined): number {
  const [numerator = 0, denominator = 1] = (text ?? "").split("/").map(Number);
  return numerator / denominator || 0;
}

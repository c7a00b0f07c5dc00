import type { RenderJob } from "../media-engine.ts";
import { ownX264Limits } from "./processor.ts";

/** Units per second of a clip's frame times; divides all usual frame intervals. */
export const TIMESCALE = 90_000;

/** ffmpeg must end before Lambda ends the render function; as long as that on one machine. */
export const RENDER_TIME_LIMIT_MS = 270_000;

/** How clips are made. Nothing in here is read from the environment. */
export interface EngineSettings {
  /** Path or name of ffmpeg, 5.1 or newer. ffprobe is not needed. */
  ffmpeg: string;
  /** Threads for decoding and encoding; see threadsForMemory. */
  threads: number;
  /** For each run of ffmpeg. */
  timeLimitMs: number;
  encoder?: Partial<EncoderSettings>;
}

export interface EncoderSettings {
  /** x264 preset. */
  preset: string;
  /** x264's constant rate factor, or a constant quantizer; lower is better. */
  rate: { crf: number } | { qp: number };
  /** Further settings of x264, `name=value`. */
  x264: readonly string[];
  audioKbps: number;
}

/**
 * `superfast` with the rate control of the presets above it (macroblock tree, with a look 15 frames ahead), and without B-frames,
 * takes 0.2 to 0.35 times the processor time of `fast` at its default, which the old way used, for about the same quality and 1.0
 * to 1.2 times the size of most cameras' pictures: docs/decisions/0030-how-exact-clips-are-encoded.md.
 */
export const defaultEncoder: EncoderSettings = {
  preset: "superfast",
  rate: { crf: 22.4 },
  x264: ["mbtree=1", "rc-lookahead=15", "sync-lookahead=0", "bframes=0", "aq-strength=0.9"],
  audioKbps: 96,
};

/** Where time counts more than bytes: half the processor time of encoding; of cameras, PSNR up to 1.9 dB and SSIM 0.002 to 0.02 lower. */
const draftEncoder: EncoderSettings = { ...defaultEncoder, preset: "ultrafast", rate: { crf: 27 }, x264: [] };

/** With times passed through, x264 would take the time scale for the frame rate, and claim a level no player has. */
export function frameRate({ intervalSeconds }: { intervalSeconds: number }): string {
  return `fps=${(1 / intervalSeconds).toFixed(3)}`;
}

/** How ffmpeg is told. */
export function rateArguments({ rate }: Pick<EncoderSettings, "rate">): string[] {
  return "qp" in rate ? ["-qp", String(rate.qp)] : ["-crf", String(rate.crf)];
}

/** How the frames of a clip are encoded that consists of encoded frames. */
export function encoderFor({ quality }: Pick<RenderJob, "quality">, settings: EngineSettings): EncoderSettings {
  return onThisMachine(quality === "draft" ? draftEncoder : defaultEncoder, settings);
}

function onThisMachine(usual: EncoderSettings, { encoder }: EngineSettings): EncoderSettings {
  const chosen = { ...usual, ...encoder };
  return { ...chosen, x264: [...chosen.x264, ...ownX264Limits()] };
}

/** So few frames around cuts take few bytes, however they are encoded, and little time to decode. */
export const FEW_FRAMES = 100;

/** For few frames around cuts: nothing is computed to save bytes. */
const fewEncoder: EncoderSettings = { ...defaultEncoder, preset: "ultrafast", rate: { qp: 16 }, x264: [] };

/** For more of them, before a keyframe of a long GOP. */
const cutEncoder: EncoderSettings = { ...fewEncoder, rate: { crf: 22 }, x264: ["aq-mode=1", "no-deblock=0"] };

/**
 * How frames around cuts are encoded: their size does not count, and a slower preset would take most of the processor time of a
 * clip. Quality is that of frames of clips which are encoded whole (docs/decisions/0029-frames-around-cuts.md).
 */
export function cutEncoderFor(frames: number, settings: EngineSettings): EncoderSettings {
  return onThisMachine(frames <= FEW_FRAMES ? fewEncoder : cutEncoder, settings);
}

/** How x265 encodes frames that stand beside copied ones of HEVC. */
export interface HevcSettings {
  preset: string;
  crf: number;
}

export const hevcEncoder: HevcSettings = { preset: "superfast", crf: 21 };
/** For frames around cuts, where a clip is mostly copied. */
export const hevcCutEncoder: HevcSettings = { preset: "ultrafast", crf: 18 };

/** AWS Lambda gives one processor for every 1769 MB of memory. */
const MEGABYTES_PER_PROCESSOR = 1769;

/** Threads that a function with this much memory can use. */
export function threadsForMemory(megabytes: number): number {
  return Math.max(1, Math.ceil(megabytes / MEGABYTES_PER_PROCESSOR));
}

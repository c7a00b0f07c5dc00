import { videoDecoders } from "../input-arguments.ts";

/** `-fps_mode` came with this version. */
export const OLDEST_VERSION = "5.1";

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}

/** Audio that cameras record; a build may lack the rarer ones, whose recordings are silent there. */
const AUDIO_DECODERS = words("aac mp3 opus ac3 flac pcm_s16le pcm_s16be pcm_alaw pcm_mulaw");

/** Decoders of other people's libraries, which a good build may lack. */
const OPTIONAL_DECODERS: readonly string[] = ["av1", "libdav1d"];

/**
 * What the engine and the synthetic camera use, by the option that makes ffmpeg list it. Names as ffmpeg prints them.
 */
export const requirements = {
  encoders: words("libx264 aac mjpeg png libwebp libwebp_anim rawvideo wrapped_avframe pcm_s16le"),
  decoders: [...videoDecoders, ...AUDIO_DECODERS, "rawvideo"].filter((name) => !OPTIONAL_DECODERS.includes(name)),
  filters: words(`
    adenorm aevalsrc aformat anullsrc apad aresample asetnsamples asetpts atrim color concat crop extractplanes format fps interleave
    lowpass noise null overlay pad scale select setparams setpts setsar settb split testsrc2 tile tpad trim`),
  demuxers: words("mov rawvideo"),
  muxers: words("mp4 mov image2 webp framecrc framehash null rawvideo s16le"),
  bsfs: words("setts"),
  options: words("-fps_mode -stats_period -enc_time_base -progress -find_stream_info -copyinkf"),
} as const satisfies Record<string, readonly string[]>;

export type Kind = keyof typeof requirements;
export const kinds = Object.keys(requirements) as Kind[];

/** The arguments that make ffmpeg print its list. */
export const listArguments = (kind: Kind): string[] => (kind === "options" ? ["-h", "long"] : [`-${kind}`]);

/**
 * What one of ffmpeg's lists lacks. Its lines begin with a name, or with flags and a name. Names with commas are several;
 * options have `[:<stream_spec>]` behind them.
 */
export function missingIn(kind: Kind, list: string): string[] {
  const names = new Set(
    list.split("\n").flatMap((line) =>
      words(line)
        .slice(0, 2)
        .flatMap((word) => word.split(/[,[]/)),
    ),
  );
  return requirements[kind].filter((name) => !names.has(name));
}

export interface FfmpegVersion {
  /** As printed: `5.1.9-0+deb12u1`, `n7.0-7-gd38bf5e08e`, `N-112345-gabcdef`. */
  text: string;
  /** A build between releases has no number: what it can do is asked for anyway. */
  tooOld: boolean;
}

/** Reads what `ffmpeg -version` prints; undefined when it is none. */
export function readVersion(stdout: string): FfmpegVersion | undefined {
  const text = /^ffmpeg version (\S+)/.exec(stdout)?.[1];
  if (text === undefined) return undefined;
  const [, major, minor] = /^n?(\d+)\.(\d+)/.exec(text) ?? [];
  const [oldMajor = 0, oldMinor = 0] = OLDEST_VERSION.split(".").map(Number);
  const tooOld = major !== undefined && Number(major) * 1000 + Number(minor) < oldMajor * 1000 + oldMinor;
  return { text, tooOld };
}

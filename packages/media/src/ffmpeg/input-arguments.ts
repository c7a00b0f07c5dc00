const demuxers = ["mov", "mp4", "matroska", "webm", "mpegts", "avi"];
export const videoDecoders = ["h264", "hevc", "mpeg4", "mjpeg", "av1", "libdav1d", "vp8", "vp9"];
export const audioDecoders = [
  "aac",
  "mp3",
  "mp3float",
  "opus",
  "ac3",
  "flac",
  "pcm_s16le",
  "pcm_s16be",
  "pcm_alaw",
  "pcm_mulaw",
];

/** Codecs of which a decoder is let in, by ffmpeg's codec names. */
export const videoCodecs: ReadonlySet<string> = new Set(["h264", "hevc", "mpeg4", "mjpeg", "av1", "vp8", "vp9"]);
export const audioCodecs: ReadonlySet<string> = new Set(audioDecoders.filter((name) => name !== "mp3float"));

/**
 * Opens one local file and nothing else: a file that is a playlist, or that names another file, an address or a rare
 * format, is refused. `options` are further input options.
 */
export function inputArguments(path: string, options: readonly string[] = []): string[] {
  return [
    ...["-protocol_whitelist", "file,pipe"],
    ...["-format_whitelist", demuxers.join(",")],
    ...["-codec_whitelist", [...videoDecoders, ...audioDecoders].join(",")],
    ...options,
    ...["-i", `file:${path}`],
  ];
}

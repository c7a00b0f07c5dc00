import { MOST_PIXELS } from "@camclips/mp4";
import { audioDecoders } from "./audio-formats.ts";

const demuxers = ["mov", "mp4", "matroska", "webm", "mpegts", "avi"];
export const videoDecoders = ["h264", "hevc", "mpeg4", "mjpeg", "av1", "libdav1d", "vp8", "vp9"];

/** Codecs of which a decoder is let in, by ffmpeg's codec names. */
export const videoCodecs: ReadonlySet<string> = new Set(["h264", "hevc", "mpeg4", "mjpeg", "av1", "vp8", "vp9"]);

/**
 * Input options for an MP4 whose index our reader has read: what it says is enough. By itself, ffmpeg decodes frames of every
 * stream of every input before it begins, also of those that are not used.
 */
export const AS_INDEXED = ["-nofind_stream_info"];

/**
 * Opens one local file and nothing else: a file that is a playlist, or that names another file, an address or a rare
 * format, is refused. `options` are further input options.
 */
export function inputArguments(path: string, options: readonly string[] = []): string[] {
  return [
    ...["-protocol_whitelist", "file,pipe"],
    ...["-format_whitelist", demuxers.join(",")],
    ...["-codec_whitelist", [...videoDecoders, ...audioDecoders].join(",")],
    ...["-max_pixels", String(MOST_PIXELS)],
    ...options,
    ...["-i", `file:${path}`],
  ];
}

/**
 * Behind a keyframe of an open GOP, ffmpeg's H.264 decoder shows frames once it has shown the keyframe; those that it holds at the
 * end of a short file were decoded before that, and are left out without this. What else it shows lies before the keyframe, and
 * has to be cut.
 */
export const SHOW_ALL: readonly string[] = ["-flags2:v", "+showall"];

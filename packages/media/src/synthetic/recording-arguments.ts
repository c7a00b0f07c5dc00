import { TIMESCALE } from "../ffmpeg/settings.ts";
import { burstExpression, SAMPLE_RATE } from "./audio-pattern.ts";
import { CODE_HEIGHT, CODE_ROWS } from "./frame-code.ts";
import { OVERLAY_HEIGHT, OVERLAY_WIDTH, TEXT_HEIGHT } from "./overlay.ts";
import type { Container, RecordingOptions } from "./recording-options.ts";
import { VFR_LEFT_OUT, VFR_PERIOD, VFR_STEP, VFR_SWING } from "./vfr.ts";

/** MPEG-4 part 2 has 16 bits for it. */
const MPEG4_TIMESCALE = 30_000;

/** Arguments that make one recording: pictures of code and clock come in on `pipe:0`, one for each of `count` frames. */
export function recordingArguments(options: RecordingOptions, rate: string, count: number): string[] {
  const { width = 160, height = 90, audio = true, firstSeconds = 0 } = options;
  const timescale = options.codec === "mpeg4" ? MPEG4_TIMESCALE : TIMESCALE;
  const size = `${OVERLAY_WIDTH}x${OVERLAY_HEIGHT}`;
  return [
    ...["-v", "error", "-y"],
    ...["-f", "rawvideo", "-pixel_format", "yuv420p", "-video_size", size, "-framerate", rate, "-i", "pipe:0"],
    ...["-f", "lavfi", "-i", `testsrc2=size=${width}x${height}:rate=${rate}`],
    ...(audio ? ["-f", "lavfi", "-i", audioSource(options, rate, count)] : []),
    ...["-filter_complex", pictureGraph(options, width, height, rate)],
    ...["-map", "[picture]", "-fps_mode", "passthrough", "-enc_time_base", `1:${timescale}`],
    ...videoEncoder(options, rate),
    ...(audio ? ["-map", "2:a", "-c:a", "aac", "-b:a", "64k"] : []),
    ...["-video_track_timescale", String(options.timescale ?? TIMESCALE), "-output_ts_offset", String(firstSeconds)],
    ...containerArguments(options.container ?? "moov-first"),
    ...["-f", "mp4", options.path],
  ];
}

function audioSource(options: RecordingOptions, rate: string, count: number): string {
  const { startMs, epochMs = startMs, firstSeconds = 0 } = options;
  const [numerator = 25, denominator = 1] = rate.split("/").map(Number);
  const duration = (count * denominator) / numerator;
  const offset = (startMs - epochMs) / 1000 + firstSeconds;
  return `aevalsrc='${burstExpression(offset)}':sample_rate=${SAMPLE_RATE}:duration=${duration.toFixed(6)}`;
}

/** The moving picture, a little noise as every camera has, and on top of it the code and the clock. */
function pictureGraph(options: RecordingOptions, width: number, height: number, rate: string): string {
  const even = (pixels: number) => 2 * Math.round(pixels / 2);
  const code = `${width}:${even(height * CODE_HEIGHT)}`;
  const scale = Math.max(1, Math.floor(width / 2 / OVERLAY_WIDTH));
  const text = `${OVERLAY_WIDTH * scale}:${TEXT_HEIGHT * scale}`;
  const filters = [
    "[0:v]split[both1][both2]",
    `[both1]crop=${OVERLAY_WIDTH}:${CODE_ROWS}:0:0,scale=${code}:flags=neighbor[code]`,
    `[both2]crop=${OVERLAY_WIDTH}:${TEXT_HEIGHT}:0:${CODE_ROWS},scale=${text}:flags=neighbor[text]`,
    "[1:v]format=yuv420p,noise=alls=6:allf=t[moving]",
    "[moving][code]overlay=0:0:shortest=1[coded]",
    `[coded][text]overlay=0:${even(height * CODE_HEIGHT)}:shortest=1,${timing(options, rate)}[picture]`,
  ];
  return filters.join(";");
}

function timing(options: RecordingOptions, rate: string): string {
  const aspect = options.sampleAspect === undefined ? [] : [`setsar=${options.sampleAspect}`];
  const [after, before] = options.stillSeconds ?? [];
  const still = after === undefined ? [] : [`select='not(gt(t,${after})*lt(t,${before}))'`];
  if (!options.vfr) return [...aspect, `settb=1/${TIMESCALE}`, ...still].join(",");
  return [
    ...aspect,
    `settb=1/${TIMESCALE}`,
    ...still,
    `setpts='(N+${VFR_SWING}*sin(N*${VFR_STEP}))/(${rate})/TB'`,
    `select='not(eq(mod(n,${VFR_PERIOD}),${VFR_LEFT_OUT}))'`,
  ].join(",");
}

function videoEncoder(options: RecordingOptions, rate: string): string[] {
  const [numerator = 25, denominator = 1] = rate.split("/").map(Number);
  const gop = options.gop ?? Math.round((2 * numerator) / denominator);
  const bFrames = options.bFrames ?? 0;
  const constant = options.codec === "mpeg4" ? ["-q:v", "3"] : ["-crf", "27"];
  const quality = options.kbps === undefined ? constant : ["-b:v", `${options.kbps}k`];
  const common = ["-g", String(gop), "-bf", String(bFrames), ...quality];
  switch (options.codec ?? "h264") {
    case "h264": {
      const gops = `keyint=${gop}:min-keyint=${gop}:scenecut=0:open-gop=${options.openGop ? 1 : 0}`;
      const params = `${gops}:b-pyramid=${bFrames > 1 ? "normal" : "none"}`;
      return ["-c:v", "libx264", "-preset", "superfast", ...common, "-x264-params", params, ...(options.encoder ?? [])];
    }
    case "hevc": {
      const gops = `keyint=${gop}:min-keyint=${gop}:scenecut=0:open-gop=${options.openGop ? 1 : 0}`;
      const params = `${gops}:bframes=${bFrames}:log-level=error`;
      const tag = ["-tag:v", "hvc1"];
      return [
        "-c:v",
        "libx265",
        "-preset",
        "ultrafast",
        ...quality,
        ...tag,
        "-x265-params",
        params,
        ...(options.encoder ?? []),
      ];
    }
    case "mpeg4":
      return ["-c:v", "mpeg4", ...common, ...(options.encoder ?? [])];
  }
}

function containerArguments(container: Container): string[] {
  // empty_moov would leave no edit list, and the encoder delay of the audio would move the pictures by 21 ms.
  const fragmented = "frag_keyframe+delay_moov+default_base_moof";
  switch (container) {
    case "moov-first":
      return ["-movflags", "+faststart"];
    case "moov-last":
      return [];
    case "fragmented":
      return ["-movflags", fragmented];
    case "fragmented-sidx":
      return ["-movflags", `${fragmented}+dash+global_sidx`];
    case "fragmented-bare":
      return ["-movflags", `${fragmented}+skip_trailer`];
  }
}

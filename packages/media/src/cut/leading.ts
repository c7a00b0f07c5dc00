import { onlyDescription, presentationTicks, type Track } from "@camclips/mp4";

/**
 * How many samples behind a keyframe of HEVC are shown before it. They follow it at once, and nothing behind them needs them
 * (ITU-T H.265, 7.4.2.2); where what comes before the keyframe is another stream, they cannot be decoded. An IDR picture of
 * H.264 has none.
 */
export function leadingSamples(video: Track, entry: number): number {
  if (!onlyDescription(video)?.video?.hevc) return 0;
  let next = entry + 1;
  while (next < video.samples.count && presentationTicks(video, next) < presentationTicks(video, entry)) next++;
  return next - entry - 1;
}

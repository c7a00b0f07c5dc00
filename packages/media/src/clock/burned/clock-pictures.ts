import { pictureTrack, type TimedPicture, writeMovie, writeMovieFile } from "@camclips/mp4";
import { TIMESCALE } from "../../ffmpeg/settings.ts";
import type { Timeline } from "../../timeline/timeline.ts";
import { secondOf } from "../clock-cues.ts";
import { drawLines } from "./draw.ts";
import type { ClockLayout } from "./layout.ts";

type Frames = Pick<Timeline, "expected" | "durationSeconds">;

/**
 * The seconds of the wall clock that a clip's frames show, each until half way between its last frame and the next one: there,
 * rounding does not count.
 */
export function secondsOfFrames({ expected, durationSeconds }: Frames): { wallMs: number; untilSeconds: number }[] {
  const seconds: { wallMs: number; untilSeconds: number }[] = [];
  for (const [index, frame] of expected.entries()) {
    const [wallMs, last] = [secondOf(frame.wallMs), seconds.at(-1)];
    if (last?.wallMs === wallMs) continue;
    if (last) last.untilSeconds = ((expected[index - 1]?.seconds ?? 0) + frame.seconds) / 2;
    seconds.push({ wallMs, untilSeconds: durationSeconds });
  }
  return seconds;
}

/** Writes the pictures of a clip's clock, one a second, as a film that is laid over the clip. */
export async function writeClockPictures(
  path: string,
  frames: Frames,
  { lines, drawing }: ClockLayout,
  signal?: AbortSignal,
): Promise<void> {
  const pictures = secondsOfFrames(frames).map(({ wallMs, untilSeconds }): TimedPicture => {
    return { pixels: drawLines(lines(wallMs), drawing), endTicks: Math.ceil(untilSeconds * TIMESCALE) };
  });
  await writeMovieFile(path, writeMovie([pictureTrack(pictures, TIMESCALE, drawing)], { order: "time" }), signal);
}

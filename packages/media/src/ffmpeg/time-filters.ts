import { TIMESCALE } from "./settings.ts";

/** Two instants between frames, seconds on a file's timeline. */
export interface Cut {
  inSeconds: number;
  outSeconds: number;
}

/** Has to stand before `cutOut`. */
export const FINE_TIMES = `settb=1/${TIMESCALE}`;

/**
 * A filter that lets through the frames between two instants. It rounds them to the time base of its input, which in many
 * files is one unit a frame: there it would cut at a frame, not between two.
 */
export function cutOut({ inSeconds, outSeconds }: Cut): string {
  return `trim=start=${seconds(inSeconds)}:end=${seconds(outSeconds)}`;
}

/** Moves frames in time. */
export function shifted(bySeconds: number): string {
  return `setpts='round(PTS+${number(bySeconds)}/TB)'`;
}

/** Microseconds: what ffmpeg's own times resolve. */
export function seconds(value: number): string {
  return value.toFixed(6);
}

/** In an expression: precise enough for frame intervals that are repeated thousands of times, and never with an exponent. */
export function number(value: number): string {
  return value.toFixed(9);
}

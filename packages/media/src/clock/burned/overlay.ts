import { TIMESCALE } from "../../ffmpeg/settings.ts";
import type { ClockLayout } from "./layout.ts";

/** Opens the film of the clock's pictures. */
export function clockInput(path: string): string[] {
  return [
    "-protocol_whitelist",
    "file",
    "-format_whitelist",
    "mov",
    "-codec_whitelist",
    "rawvideo",
    "-i",
    `file:${path}`,
  ];
}

/** Filters that lay the clock over pictures: each frame gets the picture that is shown at its time. Labels with brackets. */
export function overlayChains({ box }: ClockLayout, pictures: string, clock: string, output: string): string[] {
  const enlarged = `settb=1/${TIMESCALE},scale=${box.width}:${box.height}:flags=neighbor,setsar=1`;
  return [
    `${clock}${enlarged}[clock]`,
    `${pictures}[clock]overlay=x=${box.x}:y=${box.y}:format=yuv420,settb=1/${TIMESCALE}${output}`,
  ];
}

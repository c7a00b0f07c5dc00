import { number } from "../ffmpeg/time-filters.ts";
import { type Colour, colourFilter, colourOptions, UNKNOWN_COLOUR } from "./colour.ts";
import type { VideoProbe } from "./probe.ts";

export interface Shape {
  width: number;
  height: number;
  /** Sample aspect ratio. */
  sampleAspect: number;
}

/** What all frames of a clip are. */
export interface Picture extends Shape {
  colour: Colour;
}

/** A clip takes size and colour of its first source; yuv420p wants even numbers. */
export function clipPicture({ width, height, sampleAspect, colour = UNKNOWN_COLOUR }: VideoProbe): Picture {
  return { width: even(width), height: even(height), sampleAspect, colour };
}

/**
 * Filters that give frames of `source` the clip's colour and size: as large as fits, centred, black where nothing is. Each by its
 * own size, which may change within a file; frames that have the clip's pass the scale filter untouched.
 */
export function fitFilters(source: VideoProbe, picture: Picture): string[] {
  const { width, height, sampleAspect } = picture;
  const shape = `dar/${number(sampleAspect)}`;
  const isWider = `gt(${shape},${number(width / height)})`;
  const fitted = [
    `scale=w='if(${isWider},${width},min(${width},${evenText(`${height}*${shape}`)}))'`,
    `h='if(${isWider},min(${height},${evenText(`${width}/(${shape})`)}),${height})'`,
    ...["eval=frame", ...colourOptions({ ...source, colour: source.colour ?? UNKNOWN_COLOUR }, picture)],
  ];
  return [fitted.join(":"), `pad=${width}:${height}:-1:-1:eval=frame`, ...uniform(picture)];
}

/** Filters behind which all frames of a clip are of one kind. */
export function uniform({ sampleAspect, colour }: Picture): string[] {
  return [`setsar=${sampleAspectText(sampleAspect)}`, "format=yuv420p", colourFilter(colour)];
}

/** ffmpeg reads a fraction; denominators above 1000 do not occur in the H.264 and HEVC tables or in cameras. */
export function sampleAspectText(value: number): string {
  for (let denominator = 1; denominator <= 1000; denominator++) {
    const numerator = Math.round(value * denominator);
    if (Math.abs(numerator / denominator - value) < 1e-6) return `${numerator}/${denominator}`;
  }
  return "1/1";
}

function even(pixels: number): number {
  return Math.max(2, 2 * Math.round(pixels / 2));
}

/** The same of an expression. */
const evenText = (pixels: string): string => `max(2,2*round(${pixels}/2))`;

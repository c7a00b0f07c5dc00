import type { VideoProbe } from "./probe.ts";

/** The size of all frames of a clip. */
export interface Picture {
  width: number;
  height: number;
  /** Sample aspect ratio. */
  sampleAspect: number;
}

/** A clip takes the size of its first source; yuv420p wants even numbers. */
export function clipPicture(first: VideoProbe): Picture {
  return { width: even(first.width), height: even(first.height), sampleAspect: first.sampleAspect };
}

/** Filters that give frames of `source` the clip's size: as large as fits, centred, black where nothing is. */
export function fitFilters(source: VideoProbe, picture: Picture): string[] {
  const { width, height, sampleAspect } = picture;
  const shape = (source.width * source.sampleAspect) / source.height / sampleAspect;
  const fitted =
    shape > width / height
      ? { width, height: Math.min(height, even(width / shape)) }
      : { width: Math.min(width, even(height * shape)), height };
  const pads = fitted.width !== width || fitted.height !== height;
  return [
    `scale=${fitted.width}:${fitted.height}`,
    ...(pads ? [`pad=${width}:${height}:-1:-1`] : []),
    `setsar=${sampleAspectText(sampleAspect)}`,
    "format=yuv420p",
  ];
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

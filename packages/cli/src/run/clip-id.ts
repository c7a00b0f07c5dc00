import { createHash } from "node:crypto";
import { choices, clipChoiceNames } from "@camclips/events";
import type { Chosen } from "../input/request-options.ts";
import { instant } from "../view/format.ts";

interface NamedClip extends Chosen {
  camera: string;
  start: number;
  end: number;
}

/** Ids have 128 characters at most, and the times and the rest take up to 62. */
const LONGEST_CAMERA = 64;

/** The id of a clip that nobody named: another camera, range or choice has another one. */
export function clipIdOf({ camera, start, end, ...options }: NamedClip): string {
  const times = [start, end].map((ms) => instant(ms).replace(/[-:.Z]/g, ""));
  const variant = clipChoiceNames.flatMap((name) => {
    const value = options[name];
    return value === undefined || value === choices[name].parse(undefined) ? [] : [value.toLowerCase()];
  });
  return [shortened(camera), ...times, ...variant].join("-");
}

function shortened(camera: string): string {
  // As long as it is in keys, where some characters are encoded, or longer.
  const lengthOf = (text: string) => encodeURIComponent(text).length;
  if (lengthOf(camera) <= LONGEST_CAMERA) return camera;
  const hash = createHash("sha256").update(camera).digest("hex").slice(0, 8);
  const letters = [...camera];
  while (lengthOf(letters.join("")) > LONGEST_CAMERA - hash.length - 1) letters.pop();
  return `${letters.join("")}-${hash}`;
}

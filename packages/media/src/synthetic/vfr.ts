/** The uneven rhythm of a recording with variable frame rate. A frame's instant moves by up to this part of an interval. */
export const VFR_SWING = 0.3;
export const VFR_STEP = 1.7;
/** Of this many frames the one at VFR_LEFT_OUT is missing. */
export const VFR_PERIOD = 17;
export const VFR_LEFT_OUT = 5;

/** @returns by what part of the frame interval frame `index` comes later than in an even rhythm. */
export function unevenness(index: number): number {
  return VFR_SWING * Math.sin(index * VFR_STEP);
}

export function isLeftOut(index: number): boolean {
  return index % VFR_PERIOD === VFR_LEFT_OUT;
}

/** Types from here on repeat those below: then all slices of the picture are alike. ITU-T H.264, table 7-6. */
const SLICE_TYPES = 5;
const I_SLICES = new Set<number | undefined>([2, 4]);

/** slice_type of a picture's first slice, ITU-T H.264, 7.3.3; `undefined` when it is no first slice. */
export function sliceTypeOf(slice: Uint8Array): number | undefined {
  const bits = ((slice[1] ?? 0) << 8) | (slice[2] ?? 0);
  if ((bits & 0x8000) === 0) return undefined;
  // ue(v) of slice_type: as many zeros as bits follow the one.
  const code = (bits << 17) >>> 0;
  const zeros = Math.clz32(code);
  return zeros <= 3 ? (code >>> (31 - 2 * zeros)) - 1 : undefined;
}

/** Whether a picture's first slice is decoded without other pictures (I or SI). */
export function isIntraSlice(slice: Uint8Array): boolean {
  const type = sliceTypeOf(slice);
  return type !== undefined && I_SLICES.has(type % SLICE_TYPES);
}

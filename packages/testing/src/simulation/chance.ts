/** Seeded: the same seed brings the same load again. */
export interface Chance {
  exponential(mean: number): number;
  /** In [0, 1). */
  share(): number;
}

/** Mulberry32: small, good enough for queues. */
export function chanceOf(seed: number): Chance {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
  return { share: next, exponential: (mean) => -mean * Math.log(1 - next()) };
}

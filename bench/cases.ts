export interface Case {
  name: string;
  seconds: number;
  /** From the first recording's start, seconds. */
  from: number;
}

/**
 * The cases for recordings of this length.
 * @param lengths of the clips: one near the end of a recording, two across the join.
 */
export function casesFor(seconds: number, [one, two, three]: readonly [number, number, number]): Case[] {
  const near = (length: number): Case => {
    return { name: `${length} s near the end of one recording`, seconds: length, from: seconds - 1.48 * length };
  };
  const across = (length: number): Case => {
    return { name: `${length} s across two recordings`, seconds: length, from: seconds - length / 2 + 0.32 };
  };
  return [near(one), across(two), across(three)];
}

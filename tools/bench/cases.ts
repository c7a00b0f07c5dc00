/** Which recordings a case is about: the usual pair, or one that is six times as long. */
export type Footage = "pair" | "long";

export interface Case {
  /** What `--cases` calls it. */
  id: string;
  name: string;
  /** Length of the clip. */
  seconds: number;
  footage: Footage;
  /** From the first recording's start, seconds. */
  from: number;
}

/** How many times as long as one of the pair the long recording is. */
export const LONG_FACTOR = 6;

/**
 * The cases for recordings of this length.
 * @param lengths of the clips: one near the end of a recording, two across the join.
 */
export function casesFor(seconds: number, [one, two, three]: readonly [number, number, number]): Case[] {
  const near = (length: number): Omit<Case, "name" | "id"> => {
    return { seconds: length, footage: "pair", from: seconds - 1.48 * length };
  };
  const across = (length: number): Case => {
    const name = `${length} s across two recordings`;
    return { id: String(length), name, seconds: length, footage: "pair", from: seconds - length / 2 + 0.32 };
  };
  const long = LONG_FACTOR * seconds;
  const minutes = (length: number) => `${two} s near the end of a ${Math.round(length / 60)}-minute recording`;
  return [
    { ...near(one), id: String(one), name: `${one} s near the end of one recording` },
    across(two),
    across(three),
    { ...near(two), id: "length", name: minutes(seconds) },
    { ...near(two), id: "length", name: minutes(long), footage: "long", from: near(two).from + long - seconds },
  ];
}

/** The two cases that ask whether the recording's length matters; the old way, which reads all of it, is left out. */
export function isAboutLength({ id }: Case): boolean {
  return id === "length";
}

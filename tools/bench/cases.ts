/** Which recordings a case is about: the usual pair, one that is six times as long, or one with so many seconds from keyframe to keyframe. */
export type Footage = "pair" | "long" | `gop-${(typeof GOPS)[number]}`;

export const GOPS = [2, 10, 30] as const;

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
    ...GOPS.map((gop) => betweenKeyframes(gop, two)),
  ];
}

/** A recording for GOPS is so many times as long as its clip. */
export const GOP_RECORDING_FACTOR = 3;

/** A clip that begins in the middle of a GOP. */
function betweenKeyframes(gop: (typeof GOPS)[number], seconds: number): Case {
  const name = `${seconds} s that begin between two keyframes, ${gop} s apart`;
  const from = Math.floor(seconds / 2 / gop) * gop + gop / 2;
  return { id: "gop", name, seconds, footage: `gop-${gop}`, from };
}

/** Cases that compare recordings with each other; the old way, which reads all of a recording and encodes all frames, is left out. */
export function isWithoutOld({ id }: Case): boolean {
  return id === "length" || id === "gop";
}

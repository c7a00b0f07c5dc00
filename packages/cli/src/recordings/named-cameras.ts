/** Which files of a folder are a camera's, where names say no more than a word: `2026-03-01_12-00-00-front.mp4`. */

/** A counter at the end of a word, as in GOPR0001: two-digit numbers tell cameras apart (cam1, ch02). */
const COUNTER = /\d{3,}$/;

/** Letters that stand in times: 20260301T120000Z, 12h30m. */
const TIME = /^(?:\d+t\d*z?|t\d{4,}z?|\d+z|(?:\d+[hms])+\d*)$/;

function wordsOf(name: string): string[] {
  return name.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

const stemOf = (name: string): string => name.replace(/\.[A-Za-z0-9]+$/, "");

/** The words of a file's name without its dates and times. */
const tellingWords = (name: string): string[] =>
  wordsOf(name).filter((word) => /\p{L}/u.test(word) && !TIME.test(word));

/** What its recordings have in common: counters differ. */
const familyOf = (name: string): string =>
  tellingWords(name)
    .map((word) => word.replace(COUNTER, ""))
    .filter((word) => word !== "")
    .join(" ");

const holds = (words: string, some: string): boolean => ` ${words} `.includes(` ${some} `);

export interface CameraFiles {
  names: string[];
  /** The cameras that the names tell, when it is not clear which of them is meant. */
  others?: string[];
}

/**
 * Files whose names hold the camera as a word or several: as it is, otherwise but for counters. Where all names of a folder
 * are alike, they tell no camera: then the folder is the camera's.
 */
export function filesOf(camera: string, names: readonly string[]): CameraFiles {
  const wanted = wordsOf(camera).join(" ");
  const literal = names.filter((name) => wanted !== "" && holds(wordsOf(stemOf(name)).join(" "), wanted));
  const files = literal.length > 0 ? literal : names;
  const families = Map.groupBy(files, (name) => familyOf(stemOf(name)));
  const own = families.get(wanted);
  if (own) return { names: own };
  const holding = [...families.keys()].filter((family) => wanted !== "" && holds(family, wanted));
  const possible = holding.length > 0 ? holding : [...families.keys()];
  const [only] = possible;
  // The camera has a number, as these have: it is another one.
  const family = familyOf(camera);
  const isOther = literal.length === 0 && family !== "" && family !== wanted && holds(only ?? "", family);
  if (isOther)
    return { names: [], others: [...new Set(files.map((name) => tellingWords(stemOf(name)).join(" ")))].sort() };
  if (possible.length === 1 && only !== undefined) return { names: families.get(only) ?? [] };
  return { names: [], others: possible.sort() };
}

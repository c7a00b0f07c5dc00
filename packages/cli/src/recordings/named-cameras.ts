/** Which files of a folder are a camera's, where names say no more than a word: `2026-03-01_12-00-00-front.mp4`. */

/** A counter at the end of a word, as in GOPR0001: two-digit numbers tell cameras apart (cam1, ch02). */
const COUNTER = /\d{3,}$/;

/** The words of a file's name without its dates, times and counters: what its recordings have in common. */
function familyOf(name: string): string[] {
  const stem = name.replace(/\.[A-Za-z0-9]+$/, "");
  const words = stem.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.map((word) => word.replace(COUNTER, "")).filter((word) => /\p{L}/u.test(word) && !isTime(word));
}

/** Letters that stand in times: 20260301T120000Z, 12h30m. */
function isTime(word: string): boolean {
  return /^\d*(?:t|z|h|m|s)\d*z?$/.test(word);
}

export interface CameraFiles {
  names: string[];
  /** The cameras that the names tell, when it is not clear which of them is meant. */
  others?: string[];
}

/**
 * Files whose names hold the camera as a word or several. Where all names of a folder are alike, they tell no camera:
 * then the folder is the camera's.
 */
export function filesOf(camera: string, names: readonly string[]): CameraFiles {
  const wanted = familyOf(`${camera}.mp4`).join(" ");
  const families = Map.groupBy(names, (name) => familyOf(name).join(" "));
  const own = families.get(wanted);
  if (own && wanted !== "") return { names: own };
  const holding = [...families.keys()].filter((family) => wanted !== "" && ` ${family} `.includes(` ${wanted} `));
  const [only] = holding.length > 0 ? holding : [...families.keys()];
  const isClear = holding.length === 1 || (holding.length === 0 && families.size === 1);
  if (isClear && only !== undefined) return { names: families.get(only) ?? [] };
  return { names: [], others: (holding.length > 0 ? holding : [...families.keys()]).sort() };
}

import { deployOnly } from "./deploy-settings.ts";
import { settingsSchema } from "./settings.ts";

/** Read beside the settings of the contract: by the command line, and at deploy time. */
const others = ["FFMPEG_BIN", "FFMPEG_LAMBDA_BIN", ...deployOnly];
const known = [...Object.keys(settingsSchema.shape), ...others];

/** Letters that may be wrong, missing, doubled or swapped: fewer where names of others are about. */
const MOST_EDITS = { ours: 3, shared: 2 };
/** Shorter names are near each other by chance. */
const SHORTEST = 7;

/** First words of our names that nobody else's begin with. */
const prefixes = new Set(
  known.map((name) => `${name.split("_")[0]}_`).filter((prefix) => prefix !== "AWS_" && prefix !== "LOG_"),
);

/**
 * Says of each name that is meant for one of our settings, and is none, what was meant.
 * @param all of a file that is ours: also those that only begin as our settings do. Of an environment that everybody
 * writes into, only those that are close to one.
 */
export function misspeltSettings(names: readonly string[], all = false): string[] {
  return names.toSorted().flatMap((name) => {
    if (known.includes(name)) return [];
    const near = closest(name, all ? MOST_EDITS.ours : MOST_EDITS.shared);
    if (near) return [`${name} is no setting: did you mean ${near}?`];
    const looksLikeOurs = all && [...prefixes].some((prefix) => name.startsWith(prefix));
    return looksLikeOurs ? [`${name} is no setting; they are listed in README.md, "Settings"`] : [];
  });
}

function closest(name: string, mostEdits: number): string | undefined {
  if (name.length < SHORTEST) return undefined;
  const [best] = known
    // Each letter more or less is an edit: most names are told from ours by their length alone.
    .filter((setting) => Math.abs(setting.length - name.length) <= mostEdits)
    .map((setting) => ({ setting, edits: editsBetween(name.toUpperCase(), setting, mostEdits) }))
    .sort((a, b) => a.edits - b.edits);
  return best && best.edits <= mostEdits ? best.setting : undefined;
}

/** The edit distance of Damerau and Levenshtein, in its restricted form; infinite when it is above `most`. */
function editsBetween(a: string, b: string, most: number): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const ways = [(last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1)];
      if (swapped) ways.push((before[j - 2] ?? 0) + 1);
      row.push(Math.min(...ways));
    }
    if (Math.min(...row, ...last) > most) return Number.POSITIVE_INFINITY;
    [before, last] = [last, row];
  }
  return last[b.length] ?? 0;
}

import { VIDEO } from "../video.ts";

/**
 * A pattern says how recordings are named: strftime tokens for when a recording starts, `{camera}` for whose it is. It is of the
 * end of the path, without the file's ending: what stands before the pattern's first folder may be anything.
 */

/** What a token matches. `%-m` and its like take numbers without leading zeros, too. */
const TOKENS: Record<string, string> = {
  "%Y": "\\d{4}",
  "%y": "\\d{2}",
  "%m": "\\d{2}",
  "%d": "\\d{2}",
  "%j": "\\d{3}",
  "%H": "\\d{2}",
  "%I": "\\d{2}",
  "%M": "\\d{2}",
  "%S": "\\d{2}",
  "%-m": "\\d{1,2}",
  "%-d": "\\d{1,2}",
  "%-H": "\\d{1,2}",
  "%-I": "\\d{1,2}",
  "%-M": "\\d{1,2}",
  "%-S": "\\d{1,2}",
  "%f": "\\d{1,9}",
  "%p": "[AaPp][Mm]",
  "%s": "\\d{9,11}",
  "%z": "Z|[+-]\\d{2}:?\\d{2}",
  "{camera}": "[^/]+?",
  "{any}": "[^/]*?",
  "{digits}": "\\d+",
};

const TOKEN = /%%|%-?[A-Za-z]|\{\w*\}/g;

interface NamedRecording {
  /** The end of the path that the pattern is of, with the file's ending. */
  name: string;
  /** Undefined where the pattern has no `{camera}`. */
  camera: string | undefined;
  /** By token without `%` and `-`: Y, m, d, H, ... */
  time: Record<string, string>;
}

export interface Pattern {
  readonly text: string;
  readonly namesCamera: boolean;
  /** @param path relative, with `/`. @returns undefined for a file that the pattern is not of. */
  read(path: string): NamedRecording | undefined;
}

/** What is wrong with a pattern, for people; undefined when it is fine. */
export function patternProblem(text: string): string | undefined {
  const tokens: readonly string[] = text.match(TOKEN) ?? [];
  const unknown = tokens.filter((token) => token !== "%%" && !Object.hasOwn(TOKENS, token));
  if (unknown.length > 0)
    return `knows no ${[...new Set(unknown)].join(", ")}; there are ${Object.keys(TOKENS).join(" ")} and %%`;
  if (text.startsWith("/") || text.endsWith("/"))
    return "is of a path below the folder: it neither starts nor ends with /";
  if (VIDEO.test(text)) return "leaves the file's ending out: every video's ending counts";
  const has = (...names: string[]) => names.some((name) => tokens.includes(`%${name}`) || tokens.includes(`%-${name}`));
  if (has("s")) return undefined;
  const hasDate = has("Y", "y") && (has("j") || (has("m") && has("d")));
  const hasTime = (has("H") || (has("I") && has("p"))) && has("M");
  return hasDate && hasTime ? undefined : "must tell the whole start: date, hour and minute (or %s)";
}

/** @throws TypeError for one that has a problem. */
export function createPattern(text: string): Pattern {
  const problem = patternProblem(text);
  if (problem) throw new TypeError(`the pattern "${text}" ${problem}`);
  const names: string[] = [];
  let source = "";
  let at = 0;
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    source += RegExp.escape(text.slice(at, index));
    at = index + token.length;
    if (token === "%%") source += "%";
    else {
      names.push(token.replace(/[%{}-]/g, ""));
      source += `(${TOKENS[token]})`;
    }
  }
  const expression = new RegExp(`(?:^|/)${source}${RegExp.escape(text.slice(at))}$`);
  return {
    text,
    namesCamera: names.includes("camera"),
    read(path) {
      const values = expression.exec(path.replace(/\.[A-Za-z0-9]+$/, ""));
      if (!values) return undefined;
      const fields: Record<string, string> = {};
      for (const [index, name] of names.entries()) {
        const value = values[index + 1] ?? "";
        // A token that comes twice, in a folder and in the name, must say the same.
        if (name !== "any" && name !== "digits" && (fields[name] ?? value) !== value) return undefined;
        fields[name] = value;
      }
      const { camera, any: _any, digits: _digits, ...time } = fields;
      return { name: path.slice(values.index).replace(/^\//, ""), camera, time };
    },
  };
}

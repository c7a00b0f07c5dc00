import type { Settings } from "@camclips/events";

export type NameRules = Pick<Settings, "TIMESTAMP_FORMAT" | "OLD_FILE_FORMAT">;

/** What each strptime directive matches, as in Python: %f is a fraction of a second of one to six digits. */
const DIRECTIVES: Record<string, string> = {
  Y: "(?<Y>\\d{4})",
  y: "(?<y>\\d{2})",
  m: "(?<m>\\d{2})",
  d: "(?<d>\\d{2})",
  j: "(?<j>\\d{3})",
  H: "(?<H>\\d{2})",
  M: "(?<M>\\d{2})",
  S: "(?<S>\\d{2})",
  f: "(?<f>\\d{1,6})",
  "%": "%",
};

/**
 * Start of a recording out of its name (contract, section 3): the last dot-separated part before the extension.
 * @returns epoch ms (UTC), undefined when the name does not follow the rules.
 */
export function recordingStartMs(name: string, rules: NameRules): number | undefined {
  // As it is, and as a URL: "Cam #1" and "who?" are cameras, too.
  for (const plain of [name.slice(name.lastIndexOf("/") + 1), basename(name)]) {
    const stem = plain.replace(/\.[A-Za-z0-9]+$/, "");
    const fields = pattern(rules).exec(stem.slice(stem.lastIndexOf(".") + 1))?.groups;
    if (fields) return instantOf(fields);
  }
  return undefined;
}

/**
 * Which camera a recording is of, and when it starts, out of its name as an object's key has it.
 * @returns undefined for a name that does not say both.
 */
export function recordingNamed(name: string, rules: NameRules): { camera: string; startMs: number } | undefined {
  const startMs = recordingStartMs(name, rules);
  const stem = name.slice(name.lastIndexOf("/") + 1).replace(/\.[A-Za-z0-9]+$/, "");
  const camera = stem.slice(0, Math.max(0, stem.lastIndexOf("."))).replace(/\.stream$/, "");
  return startMs === undefined || camera === "" ? undefined : { camera, startMs };
}

/** The name a recording that starts at `startMs` has, without folder: the inverse of `recordingStartMs`. */
export function recordingName(alias: string, startMs: number, rules: NameRules): string {
  const iso = new Date(startMs).toISOString();
  const values: Record<string, string> = {
    Y: iso.slice(0, 4),
    y: iso.slice(2, 4),
    m: iso.slice(5, 7),
    d: iso.slice(8, 10),
    j: String(Math.floor((startMs - Date.UTC(Number(iso.slice(0, 4)), 0)) / 86_400_000) + 1).padStart(3, "0"),
    H: iso.slice(11, 13),
    M: iso.slice(14, 16),
    S: iso.slice(17, 19),
    f: iso.slice(20, 23),
    "%": "%",
  };
  const timestamp = formatOf(rules).replace(/%(.)/g, (_, directive: string) => values[directive] ?? "");
  return `${alias}.${rules.OLD_FILE_FORMAT ? "" : "stream."}${timestamp}.mp4`;
}

/** Last part of a path or URL, without query. */
export function basename(path: string): string {
  const clean = path.split(/[?#]/, 1)[0] ?? "";
  return clean.slice(clean.lastIndexOf("/") + 1);
}

/** Old names carry no milliseconds, whatever the format says. */
function formatOf({ TIMESTAMP_FORMAT, OLD_FILE_FORMAT }: NameRules): string {
  return OLD_FILE_FORMAT ? TIMESTAMP_FORMAT.replaceAll("%f", "") : TIMESTAMP_FORMAT;
}

function pattern(rules: NameRules): RegExp {
  const source = formatOf(rules).replace(/%(.)|([^%])/g, (_, directive?: string, literal?: string) =>
    directive ? (DIRECTIVES[directive] ?? "") : RegExp.escape(literal ?? ""),
  );
  return new RegExp(`^${source}$`);
}

function instantOf(fields: Record<string, string | undefined>): number | undefined {
  const year = fields.Y ? Number(fields.Y) : fields.y ? 2000 + Number(fields.y) : Number.NaN;
  const month = Number(fields.m ?? 1);
  const day = fields.j ? Number(fields.j) : Number(fields.d ?? 1);
  const [hour, minute, second] = [Number(fields.H ?? 0), Number(fields.M ?? 0), Number(fields.S ?? 0)];
  const ms = Math.floor(Number((fields.f ?? "").padEnd(6, "0")) / 1000);
  const instant = Date.UTC(year, fields.j ? 0 : month - 1, day, hour, minute, second, ms);
  const date = new Date(instant);
  // Date.UTC rolls 31 February over to March; a name that says so is wrong.
  const rolledOver =
    date.getUTCFullYear() !== year || (!fields.j && (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day));
  return Number.isNaN(instant) || rolledOver || hour > 23 || minute > 59 || second > 59 ? undefined : instant;
}

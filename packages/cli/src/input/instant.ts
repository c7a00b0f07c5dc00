import { InvalidArgumentError } from "commander";

export const INSTANT_FORMS =
  '2018-10-31T02:52:00.051Z, 2018-10-31T03:52:00+01:00, 20181031T025200051, 1540954320051, now or "10 minutes ago"';

const ISO =
  /^(\d{4})-?(\d{2})-?(\d{2})(?:[T ](\d{2}):?(\d{2})(?::?(\d{2})(?:[.,]?(\d{1,9}))?)?)?(Z|[+-]\d{2}(?::?\d{2})?)?$/i;

/** Epoch ms of these lengths lie between 1973 and 5138; anything shorter is most likely meant in seconds. */
const EPOCH_MS = /^\d{12,14}$/;

const AGO = /^(\d+(?:\.\d+)?)\s*(ms|s|sec|second|m|min|minute|h|hour|d|day|w|week)s?\s+ago$/i;

const UNIT_MS: Record<string, number> = {
  ...{ ms: 1, s: 1000, sec: 1000, second: 1000, m: 60_000, min: 60_000, minute: 60_000 },
  ...{ h: 3_600_000, hour: 3_600_000, d: 86_400_000, day: 86_400_000, w: 604_800_000, week: 604_800_000 },
};

/** Turns a wall clock, as if it were UTC, into an instant. */
export type ZoneOf = (local: number) => number;

const utc: ZoneOf = (local) => local;

/**
 * Reads a time of the command line: ISO 8601 (with or without separators), epoch milliseconds, or how long ago.
 * @param zone of a time that names none; default UTC.
 * @throws InvalidArgumentError that lists the accepted forms.
 */
export function readInstant(text: string, zone: ZoneOf = utc, now = Date.now()): number {
  const trimmed = text.trim();
  if (trimmed.toLowerCase() === "now") return now;
  const [, count, unit = ""] = AGO.exec(trimmed) ?? [];
  if (count !== undefined) return Math.round(now - Number(count) * (UNIT_MS[unit.toLowerCase()] ?? 0));
  if (EPOCH_MS.test(trimmed)) return Number(trimmed);
  if (/^\d{9,11}$/.test(trimmed))
    throw unreadable(text, "epoch times are in milliseconds, and these look like seconds");
  const fields = ISO.exec(trimmed);
  if (!fields) throw unreadable(text, "not a time");
  const [, year, month, day, hour = "0", minute = "0", second = "0", fraction = "", named] = fields;
  const [y, mo, d, h, mi, s] = [year, month, day, hour, minute, second].map(Number) as Six;
  const local = Date.UTC(y, mo - 1, d, h, mi, s, Number(fraction.padEnd(3, "0").slice(0, 3)));
  const read = new Date(local);
  // Date.UTC rolls 31 February over to March, and 25:00 to the next day.
  const exists = read.getUTCMonth() === mo - 1 && read.getUTCDate() === d && h < 24 && mi < 60 && s < 60;
  if (!exists) throw unreadable(text, "there is no such date or time");
  return named === undefined ? zone(local) : local - zoneMs(named);
}

/** Of a time that is UTC unless it names a zone. */
export const parseInstant = (text: string): number => readInstant(text);

const DURATION = /^(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)(?:s|$))?(?:(\d+)ms)?$/i;

/** `45` (seconds), `90s`, `1m30s`, `2h`, `500ms`. @returns milliseconds */
export function parseDuration(text: string): number {
  const [, hours = "0", minutes = "0", seconds = "0", ms = "0"] = DURATION.exec(text.trim()) ?? [];
  const total = Number(hours) * 3_600_000 + Number(minutes) * 60_000 + Number(seconds) * 1000 + Number(ms);
  if (total > 0) return Math.round(total);
  throw new InvalidArgumentError(`"${text}" is no duration, such as 45, 90s, 1m30s or 500ms.`);
}

type Six = [number, number, number, number, number, number];

function zoneMs(zone: string): number {
  if (zone.toUpperCase() === "Z") return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(3).replace(":", "") || 0);
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

const unreadable = (text: string, problem: string): InvalidArgumentError =>
  new InvalidArgumentError(`${problem}: "${text}". Accepted, all UTC unless they name a zone: ${INSTANT_FORMS}`);

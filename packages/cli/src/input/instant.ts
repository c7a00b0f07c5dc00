import { InvalidArgumentError } from "commander";

export const INSTANT_FORMS = "2018-10-31T02:52:00.051Z, 2018-10-31T03:52:00+01:00, 20181031T025200051 or 1540954320051";

const ISO =
  /^(\d{4})-?(\d{2})-?(\d{2})(?:[T ](\d{2}):?(\d{2})(?::?(\d{2})(?:[.,]?(\d{1,9}))?)?)?(Z|[+-]\d{2}(?::?\d{2})?)?$/i;

/** Epoch ms of these lengths lie between 1973 and 5138; anything shorter is most likely meant in seconds. */
const EPOCH_MS = /^\d{12,14}$/;

/**
 * Reads a time of the command line: ISO 8601 (with or without separators, UTC when it names no zone), or epoch
 * milliseconds.
 * @throws InvalidArgumentError that lists the accepted forms.
 */
export function parseInstant(text: string): number {
  const trimmed = text.trim();
  if (EPOCH_MS.test(trimmed)) return Number(trimmed);
  if (/^\d{9,11}$/.test(trimmed))
    throw unreadable(text, "epoch times are in milliseconds, and these look like seconds");
  const fields = ISO.exec(trimmed);
  if (!fields) throw unreadable(text, "not a time");
  const [, year, month, day, hour = "0", minute = "0", second = "0", fraction = "", zone = "Z"] = fields;
  const [y, mo, d, h, mi, s] = [year, month, day, hour, minute, second].map(Number) as Six;
  const utc = Date.UTC(y, mo - 1, d, h, mi, s, Number(fraction.padEnd(3, "0").slice(0, 3)));
  const read = new Date(utc);
  // Date.UTC rolls 31 February over to March, and 25:00 to the next day.
  const exists = read.getUTCMonth() === mo - 1 && read.getUTCDate() === d && h < 24 && mi < 60 && s < 60;
  if (!exists) throw unreadable(text, "there is no such date or time");
  return utc - zoneMs(zone);
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

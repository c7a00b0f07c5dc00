import { Option } from "commander";
import { UsageError } from "../exit-codes.ts";
import { instant } from "../view/format.ts";
import { INSTANT_FORMS, parseDuration, readInstant, type ZoneOf } from "./instant.ts";

/** A range as the command line has it: its end, or how long it is. */
export interface RangeOptions {
  start: string;
  end?: string;
  duration?: number;
  zone: string;
}

/** Read again with the zone, which may stand behind them. */
const isInstant = (text: string): string => {
  readInstant(text);
  return text;
};

export const startOption = () => new Option("--start <time>", `start: ${INSTANT_FORMS}`).argParser(isInstant);

export const endOption = () =>
  new Option("--end <time>", "end: the first instant that is not in it").argParser(isInstant).conflicts("duration");

export const durationOption = () =>
  new Option("--duration <time>", "how long, instead of --end: 45, 90s, 1m30s").argParser(parseDuration);

export const zoneOption = () =>
  new Option("--zone <name>", "time zone of times that name none, here and in the files' names").default("UTC");

/** @throws UsageError for a zone that there is not. */
export async function zoneNamed(name: string): Promise<ZoneOf> {
  if (name === "UTC") return (local) => local;
  const { isZone, zonedMs } = await import("@camclips/recordings");
  if (!isZone(name)) throw new UsageError(`--zone "${name}" is no time zone; zones are named as in Europe/Paris`);
  return (local) => zonedMs(local, name);
}

/** @throws UsageError for a range that is none. */
export async function rangeOf({ start, end, duration, zone }: RangeOptions): Promise<{ start: number; end: number }> {
  const zoneOf = await zoneNamed(zone);
  const startMs = readInstant(start, zoneOf);
  if (end === undefined && duration === undefined)
    throw new UsageError("say how long it is: --end TIME, or --duration 45s");
  const endMs = end === undefined ? startMs + (duration ?? 0) : readInstant(end, zoneOf);
  checkRange(startMs, endMs);
  return { start: startMs, end: endMs };
}

/** @throws UsageError for a range that does not end after its start. */
export function checkRange(startMs: number, endMs: number): void {
  if (endMs > startMs) return;
  const hint = endMs === startMs ? "a range needs a length" : "are they swapped?";
  throw new UsageError(`--end ${instant(endMs)} is not after --start ${instant(startMs)}: ${hint}`);
}

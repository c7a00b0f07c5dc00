/** Turns the wall clock of a camera into an instant. */

/** What else tells of a file's start, where clocks that were set back leave two instants. */
export interface StartHints {
  /** By other means: a list, or when it was last written, less its length. */
  startMs?: number | undefined;
  /** When it was last written, where its length is not known: within half an hour. */
  writtenMs?: number | undefined;
}

const HALF_HOUR_MS = 3600_000 / 2;

/** Whether this machine knows a time zone (IANA, or UTC). */
export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/**
 * @param time by strftime token, as a pattern reads it.
 * @param hints tell two instants apart where clocks were set back (docs/decisions/0031-layouts.md).
 * @returns epoch ms; undefined for a time that no calendar has.
 */
export function instantOf(time: Record<string, string>, zone: string, hints?: StartHints): number | undefined {
  const fraction = Math.floor(Number((time.f ?? "").padEnd(9, "0")) / 1e6);
  if (time.s !== undefined) return Number(time.s) * 1000 + fraction;
  const local = localMs(time);
  if (local === undefined) return undefined;
  if (time.z !== undefined) return local + fraction - offsetOf(time.z);
  return zonedMs(local, zone, hints) + fraction;
}

/** The wall clock as if it were UTC. */
function localMs(time: Record<string, string>): number | undefined {
  const year = time.Y ? Number(time.Y) : 2000 + Number(time.y);
  const [month, day] = time.j ? [1, Number(time.j)] : [Number(time.m), Number(time.d)];
  const hour = hourOf(time);
  const [minute, second] = [Number(time.M), Number(time.S ?? 0)];
  const ms = Date.UTC(year, month - 1, day, hour, minute, second);
  const read = new Date(ms);
  // Date.UTC rolls 31 February over to March.
  const exists = time.j
    ? read.getUTCFullYear() === year
    : read.getUTCMonth() === month - 1 && read.getUTCDate() === day;
  return exists && hour < 24 && minute < 60 && second < 60 ? ms : undefined;
}

function hourOf({ H, I, p }: Record<string, string>): number {
  if (H !== undefined) return Number(H);
  const hour = Number(I);
  if (hour < 1 || hour > 12) return Number.NaN;
  return (hour % 12) + (p?.toLowerCase() === "pm" ? 12 : 0);
}

function offsetOf(zone: string): number {
  if (zone === "Z") return 0;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(-2))];
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

/**
 * Of the two instants of a doubled hour, the first counts, unless the hints are of the second.
 * A time that was skipped counts as if clocks had not been set forward yet.
 */
export function zonedMs(local: number, zone: string, hints: StartHints = {}): number {
  if (zone === "UTC") return local;
  const offsets = [local - 86_400_000, local + 86_400_000].map((near) => zoneOffset(near, zone));
  const candidates = [...new Set(offsets)].map((offset) => local - offset).sort((a, b) => a - b);
  const valid = candidates.filter((instant) => instant + zoneOffset(instant, zone) === local);
  const [first, second] = valid;
  if (first === undefined) return local - (offsets[0] ?? 0);
  return second !== undefined && isOfSecond(hints, first, second) ? second : first;
}

/** Further away than half an hour, they are of neither: of a file that was copied without its times, or a list that is wrong. */
function isOfSecond({ startMs, writtenMs }: StartHints, first: number, second: number): boolean {
  if (startMs !== undefined) return Math.abs(startMs - second) <= Math.min(Math.abs(startMs - first), HALF_HOUR_MS);
  return writtenMs !== undefined && writtenMs >= second && writtenMs - second <= HALF_HOUR_MS;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** How far a zone's clocks are ahead of UTC at an instant, ms. Remembered by the hour: thousands of names are read at once. */
function zoneOffset(instant: number, zone: string): number {
  const quarter = Math.floor(instant / 900_000);
  const key = `${zone} ${quarter}`;
  const known = offsets.get(key);
  if (known !== undefined) return known;
  const format =
    formats.get(zone) ??
    new Intl.DateTimeFormat("en-US", {
      ...{ timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric" },
      ...{ hour: "numeric", minute: "numeric", second: "numeric" },
    });
  formats.set(zone, format);
  const at = quarter * 900_000;
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  const offset = Date.UTC(year, month - 1, day, hour, minute, second) - at;
  if (offsets.size > 10_000) offsets.clear();
  offsets.set(key, offset);
  return offset;
}

const offsets = new Map<string, number>();

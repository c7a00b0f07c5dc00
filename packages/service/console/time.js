/** Times as people want to read them: in their own zone, or in UTC. */

const zone = { utc: localStorage.getItem("zone") === "utc" };

export const isUtc = () => zone.utc;

/** @param {boolean} utc */
export function useUtc(utc) {
  zone.utc = utc;
  localStorage.setItem("zone", utc ? "utc" : "local");
}

/** The wall clock as a date whose UTC fields tell it. @param {number} ms */
const wall = (ms) => new Date(zone.utc ? ms : ms - new Date(ms).getTimezoneOffset() * 60_000);

/** @param {number} ms */
export const day = (ms) => wall(ms).toISOString().slice(0, 10);
/** @param {number} ms */
export const clock = (ms) => wall(ms).toISOString().slice(11, 19);
/** @param {number} ms */
export const clockMs = (ms) => wall(ms).toISOString().slice(11, 23);
/** @param {number} ms */
export const full = (ms) => `${day(ms)} ${clock(ms)}`;

/** What people type: the same everywhere, unlike a browser's own input for times. */
export const TYPED = "\\d{4}-\\d{2}-\\d{2} \\d{1,2}:\\d{2}(:\\d{2}(\\.\\d{1,3})?)?";

/** @param {number} ms */
export const toInput = (ms) => `${day(ms)} ${clockMs(ms)}`;

/** @param {string} text @returns {number} NaN for none */
export function fromInput(text) {
  const iso = text
    .trim()
    .replace(" ", "T")
    .replace(/T(\d):/, "T0$1:");
  return Date.parse(zone.utc ? `${iso}Z` : iso);
}

/** @param {number} ms */
export function span(ms) {
  const seconds = Math.abs(ms) / 1000;
  if (seconds < 1) return `${Math.round(ms)} ms`;
  if (seconds < 120) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`;
}

/** @param {number} ms */
export const ago = (ms) => (Date.now() - ms < 5000 ? "just now" : `${span(Date.now() - ms)} ago`);

/** @param {number} bytes */
export function size(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${(bytes / 1000 ** power).toFixed(power < 2 ? 0 : 1)} ${units[power]}`;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const STEPS = [
  ...[SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND, 30 * SECOND],
  ...[MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE],
  ...[HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 91 * DAY],
];

/**
 * Where a ruler has its marks, and what stands there.
 * @param {number} start @param {number} end @param {number} width pixels
 */
export function marks(start, end, width) {
  const least = ((end - start) / width) * 92;
  const step = STEPS.find((each) => each >= least) ?? 365 * DAY;
  const shift = zone.utc ? 0 : new Date(start).getTimezoneOffset() * MINUTE;
  /** @type {{ at: number, label: string, strong: boolean }[]} */
  const found = [];
  for (let at = Math.ceil((start - shift) / step) * step + shift; at < end; at += step) {
    const midnight = clock(at) === "00:00:00";
    const label = step >= DAY || midnight ? day(at) : step < MINUTE ? clock(at) : clock(at).slice(0, 5);
    found.push({ at, label, strong: midnight });
  }
  return found;
}

/** `2018-10-31T02:52:00.051Z` */
export const instant = (ms: number): string => new Date(ms).toISOString();

/** `02:52:00.051` */
export const clockTime = (ms: number): string => instant(ms).slice(11, 23);

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(3)} s`;

/** `12 s`, `7 min`, `3 h`, `2 days`: for people who look through a list. */
export function roughly(ms: number): string {
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`;
  if (ms < 2 * 3_600_000) return `${Math.round(ms / 60_000)} min`;
  return ms < 48 * 3_600_000 ? `${Math.round(ms / 3_600_000)} h` : `${Math.round(ms / 86_400_000)} days`;
}

export function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  if (count < 1e6) return `${(count / 1e3).toFixed(1)} kB`;
  return count < 1e9 ? `${(count / 1e6).toFixed(1)} MB` : `${(count / 1e9).toFixed(2)} GB`;
}

export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** `CLIP_NOT_AVAILABLE NO_FOOTAGE`; some reasons are called as their status is. */
export const statusAndReason = (status: string, reason?: string): string =>
  reason === undefined || reason === status ? status : `${status} ${reason}`;

/** What a process takes at an instant. */
export interface Sample {
  minutes: number;
  megabytes: number;
  handles: number;
}

/** The first part of a run warms up: caches fill, and the heap finds its size. */
const WARM = 1 / 3;

/** What may be more at the end than after warming up, in a run of any length; and by the hour, where a run is long enough to tell. */
const MOST = { megabytes: 60, handles: 6 };
const MOST_AN_HOUR = { megabytes: 30, handles: 4 };
const LONG_MINUTES = 45;

/** Whether a run stayed as it was, by the straight line through what came after warming up. */
export function flatness(samples: readonly Sample[]): { text: string; problems: string[] } {
  const from = (samples.at(-1)?.minutes ?? 0) * WARM;
  const warm = samples.filter(({ minutes }) => minutes >= from);
  const minutes = (warm.at(-1)?.minutes ?? 0) - (warm[0]?.minutes ?? 0);
  const problems: string[] = [];
  const parts = (["megabytes", "handles"] as const).map((name) => {
    const perHour = slope(warm.map((sample) => [sample.minutes / 60, sample[name]]));
    const rise = (perHour * minutes) / 60;
    if (rise > MOST[name] || (minutes >= LONG_MINUTES * (1 - WARM) && perHour > MOST_AN_HOUR[name]))
      problems.push(
        `${name} rise by ${rise.toFixed(1)} in ${minutes.toFixed(0)} minutes: ${perHour.toFixed(1)} an hour`,
      );
    const values = warm.map((sample) => sample[name]);
    return `${name} ${Math.min(...values).toFixed(0)} to ${Math.max(...values).toFixed(0)}, ${perHour.toFixed(1)} an hour`;
  });
  return { text: `after warming up, ${minutes.toFixed(0)} minutes: ${parts.join("; ")}`, problems };
}

/** Least squares; 0 of fewer than two points. */
function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (index: 0 | 1) => points.reduce((sum, point) => sum + point[index], 0) / Math.max(1, points.length);
  const [x, y] = [mean(0), mean(1)];
  const square = points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
  return square === 0 ? 0 : points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0) / square;
}

/** What a process takes at an instant: megabytes, but for open files. */
export interface Sample {
  minutes: number;
  resident: number;
  /** What is left of the heap of JavaScript after its garbage is gone. */
  heap: number;
  /** What objects of that heap hold outside of it: buffers, mostly. */
  external: number;
  /** Open files. */
  handles: number;
}

export type Part = Exclude<keyof Sample, "minutes">;

/** The first part of a run warms up: caches fill, code is compiled, and the heap finds its size. */
const WARM = 1 / 3;

/** What may be more at the end than after warming up, in a run of any length; and by the hour, where a run is long enough to tell. */
const MOST: Record<Part, number> = { resident: 40, heap: 4, external: 4, handles: 6 };
const MOST_AN_HOUR: Record<Part, number> = { resident: 30, heap: 10, external: 10, handles: 4 };
const LONG_MINUTES = 45;

/** Whether a run stayed as it was, by the straight line through what came after warming up. */
export function flatness(samples: readonly Sample[]): { text: string; problems: string[] } {
  const from = (samples.at(-1)?.minutes ?? 0) * WARM;
  const warm = samples.filter(({ minutes }) => minutes >= from);
  const minutes = (warm.at(-1)?.minutes ?? 0) - (warm[0]?.minutes ?? 0);
  const isLong = minutes >= LONG_MINUTES * (1 - WARM);
  const problems: string[] = [];
  const parts = (Object.keys(MOST) as Part[]).map((name) => {
    const perHour = slope(warm.map((sample) => [sample.minutes / 60, sample[name]]));
    const rise = (perHour * minutes) / 60;
    if (isLong ? perHour > MOST_AN_HOUR[name] : rise > MOST[name])
      problems.push(
        `${name} rises by ${rise.toFixed(1)} in ${minutes.toFixed(0)} minutes: ${perHour.toFixed(1)} an hour`,
      );
    const values = warm.map((sample) => sample[name]);
    return `${name} ${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)}, ${perHour.toFixed(1)} an hour`;
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

/** Of a time, the part that audio has to fill. */
const COVERED = 0.9;

/** Whether there is audio nearly all the time between two instants. `spans` are seconds on a file's timeline. */
export function isHeard(
  spans: readonly (readonly [from: number, to: number])[] = [],
  fromSeconds: number,
  toSeconds: number,
): boolean {
  const heard = spans.reduce((sum, [from, to]) => {
    return sum + Math.max(0, Math.min(to, toSeconds) - Math.max(from, fromSeconds));
  }, 0);
  return toSeconds > fromSeconds && heard >= COVERED * (toSeconds - fromSeconds);
}

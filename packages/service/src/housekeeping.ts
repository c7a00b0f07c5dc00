import type { Clock } from "@camclips/core";
import { type StateFile, sweepRecords, sweepStaged } from "@camclips/local";

const HOUR_MS = 3_600_000;

/** Removes what is over, once and then every hour: expired records, and copies of recordings that clips were cut out of. */
export function startHousekeeping(
  state: string,
  file: StateFile,
  clock: Clock,
  onError: (error: unknown) => void,
): Disposable {
  const sweep = () => Promise.all([sweepRecords(file, clock), sweepStaged(state, clock.now())]).catch(onError);
  void sweep();
  const timer = setInterval(() => void sweep(), HOUR_MS).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

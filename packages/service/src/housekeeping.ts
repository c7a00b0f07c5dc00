import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "@camclips/core";
import { type StateFile, sweepRecords } from "@camclips/local";

const HOUR_MS = 3_600_000;
/** No clip is worked on for so long: on AWS a rule of the work bucket does the same. */
const STAGED_MS = 24 * HOUR_MS;

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

/** @param state folder of the runtime. */
export async function sweepStaged(state: string, nowMs: number): Promise<void> {
  const sources = join(state, "work", "sources");
  for (const clip of await readdir(sources).catch(() => [])) {
    const path = join(sources, clip);
    const found = await stat(path).catch(() => undefined);
    if (found && nowMs - found.mtimeMs > STAGED_MS) await rm(path, { recursive: true, force: true });
  }
}

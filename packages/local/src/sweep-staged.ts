import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

/** No clip is worked on for so long: on AWS a rule of the work bucket does the same. */
const STAGED_MS = 24 * 3_600_000;

/** Removes copies of recordings that clips were cut out of. @param state folder of the runtime. */
export async function sweepStaged(state: string, nowMs: number): Promise<void> {
  const sources = join(state, "work", "sources");
  for (const name of await readdir(sources).catch(() => [])) {
    const path = join(sources, name);
    const found = await stat(path).catch(() => undefined);
    if (found && nowMs - found.mtimeMs > STAGED_MS) await rm(path, { recursive: true, force: true });
  }
}

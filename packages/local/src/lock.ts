import { randomUUID } from "node:crypto";
import { linkSync, readFileSync, renameSync, rmSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { isCode, writeWhole } from "./files.ts";
import { isRunning, thisProcess } from "./processes.ts";

/** Two processes on one state folder would deliver everything twice at the same time. */
export class StateInUseError extends Error {
  override name = "StateInUseError";
}

/**
 * Takes the state folder for this process; the lock of a process that is gone counts as none.
 * @returns how to give it back.
 * @throws StateInUseError naming the process that has it.
 */
export async function lockState(root: string): Promise<() => void> {
  await mkdir(root, { recursive: true });
  const path = join(root, "lock");
  for (;;) {
    if (await writeWhole(root, path, thisProcess, true)) return () => rmSync(path, { force: true });
    const owner = ownerOf(path);
    if (owner === undefined) continue;
    if (isRunning(owner))
      throw new StateInUseError(
        `${root} is in use by process ${owner.split("-", 1)[0]}: wait for it, or choose another state folder`,
      );
    removeLockOf(owner, path);
  }
}

/** Another process may have found the same dead owner, and have the lock by now: that one stays. */
function removeLockOf(owner: string, path: string): void {
  const aside = `${path}.${randomUUID()}`;
  try {
    renameSync(path, aside);
    if (ownerOf(aside) !== owner) linkSync(aside, path);
  } catch (error) {
    if (!isCode(error, "ENOENT") && !isCode(error, "EEXIST")) throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function ownerOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

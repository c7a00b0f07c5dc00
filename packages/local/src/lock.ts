import { readFileSync, rmSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole } from "./files.ts";

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
    if (await writeWhole(root, path, String(process.pid), true)) return () => rmSync(path, { force: true });
    const owner = Number(readOwner(path));
    if (isAlive(owner))
      throw new StateInUseError(`${root} is in use by process ${owner}: wait for it, or choose another state folder`);
    rmSync(path, { force: true });
  }
}

function readOwner(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

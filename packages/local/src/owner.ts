import { isRunning, thisProcess } from "./processes.ts";
import type { StateFile } from "./sqlite/state-file.ts";

/** Two processes on one state folder would deliver everything twice at the same time. */
export class StateInUseError extends Error {
  override name = "StateInUseError";
}

/**
 * Takes the state file for this process; a process that is gone owns nothing.
 * @param root how people call it.
 * @throws StateInUseError naming the process that has it.
 */
export async function takeState(file: StateFile, root: string): Promise<void> {
  await file.write((transaction) => {
    const owner = String(transaction.row("SELECT process FROM owner")?.process ?? "");
    if (isRunning(owner))
      throw new StateInUseError(
        `${root} is in use by process ${owner.split("-", 1)[0]}: wait for it, or choose another state folder`,
      );
    transaction.run("DELETE FROM owner");
    transaction.run("INSERT INTO owner (process) VALUES (?)", thisProcess);
  });
}

export async function giveStateBack(file: StateFile): Promise<void> {
  await file.write((transaction) => transaction.run("DELETE FROM owner WHERE process = ?", thisProcess));
}

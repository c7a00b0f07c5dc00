import type { ChildProcess } from "node:child_process";

const KILL_AFTER_MS = 2_000;

/** Groups that are still running, so that none outlives a Node process that exits. A detached group gets no Ctrl-C. */
const running = new Set<number>();
process.on("exit", () => {
  for (const pid of running) signalGroup(pid, "SIGKILL");
});

/** Remembers a child that was started with `detached: true` until it has ended. */
export function trackGroup(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  running.add(pid);
  child.once("close", () => running.delete(pid));
}

/** Ends the child and everything it started: SIGTERM first, SIGKILL when it has not gone two seconds later. */
export function endGroup(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  signalGroup(pid, "SIGTERM");
  const timer = setTimeout(() => signalGroup(pid, "SIGKILL"), KILL_AFTER_MS);
  child.once("close", () => clearTimeout(timer));
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has ended by itself in the meantime.
  }
}

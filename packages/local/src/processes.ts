import { readFileSync } from "node:fs";

/**
 * Who wrote a file: tells this process from one that is gone, also where another one has its id: in a container, or after the
 * machine was started again.
 */
export const ownerOf = (pid: number): string => `${pid}-${startOf(pid) ?? Math.round(performance.timeOrigin)}`;

export const thisProcess = ownerOf(process.pid);

/** @param owner a value of `thisProcess` that some process wrote. */
export function isRunning(owner: string): boolean {
  const [id = "", start] = owner.split("-", 2);
  const pid = Number(id);
  if (!Number.isInteger(pid) || pid <= 0) return false;
  const startNow = startOf(pid);
  if (startNow !== undefined) return startNow === start;
  if (pid === process.pid) return owner === thisProcess;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** When a process began, on Linux: clock ticks since this start of the machine (proc(5)). Undefined where nobody says. */
function startOf(pid: number): string | undefined {
  try {
    const [boot = ""] = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").split("-", 1);
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name of the program, in brackets, may hold anything. Behind it, this is the 20th field.
    const ticks = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    return ticks && `${boot}x${ticks}`;
  } catch {
    return undefined;
  }
}

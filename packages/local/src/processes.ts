/** Who wrote a file: tells this process from one that is gone, also where a container gives both the same id. */
export const thisProcess = `${process.pid}-${Math.round(performance.timeOrigin)}`;

/** @param owner a value of `thisProcess` that some process wrote. */
export function isRunning(owner: string): boolean {
  const pid = Number(owner.split("-", 1)[0]);
  if (!Number.isInteger(pid) || pid <= 0) return false;
  if (pid === process.pid) return owner === thisProcess;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

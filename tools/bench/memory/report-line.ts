/** What Lambda writes at the end of every invocation. */
export interface Invocation {
  durationMs: number;
  /** Rounded up, and with the start of the function where one was necessary. */
  billedMs: number;
  memoryMb: number;
  /** The most that its instance has used so far, of all its invocations. */
  usedMb: number;
  /** Of an invocation that had to start its function. */
  startMs: number | undefined;
}

/** @returns undefined for every other line of a function's log. */
export function readReport(line: string): Invocation | undefined {
  if (!line.startsWith("REPORT ")) return undefined;
  const figure = (name: string) => {
    const text = new RegExp(`\\t${name}: ([\\d.]+) (?:ms|MB)`).exec(line)?.[1];
    return text === undefined ? undefined : Number(text);
  };
  const [durationMs, billedMs] = [figure("Duration"), figure("Billed Duration")];
  const [memoryMb, usedMb] = [figure("Memory Size"), figure("Max Memory Used")];
  if (durationMs === undefined || billedMs === undefined || memoryMb === undefined || usedMb === undefined)
    return undefined;
  return { durationMs, billedMs, memoryMb, usedMb, startMs: figure("Init Duration") };
}

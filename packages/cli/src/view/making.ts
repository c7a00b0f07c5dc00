import { TimeLeft } from "./time-left.ts";

/** Percent between two lines, where nothing can be redrawn. */
const STEP = 25;

/**
 * Says that something is being made. @returns what takes the percents that are done: one line redrawn on a terminal, a few
 * lines elsewhere.
 */
export function showMaking(stream: NodeJS.WriteStream, what: string): (percent: number) => void {
  const redraws = stream.isTTY && process.env.TERM !== "dumb";
  const left = new TimeLeft();
  let shown = 0;
  if (!redraws) stream.write(`${what}\n`);
  else draw(stream, what, "");
  return (percent) => {
    left.update(percent, Date.now());
    const state = [`${Math.floor(percent)} %`, left.text(Date.now())].filter(Boolean).join(", ");
    if (redraws) {
      draw(stream, what, `  ${state}`);
      if (percent >= 100) stream.write("\n");
      return;
    }
    const step = Math.floor(percent / STEP) * STEP;
    if (step <= shown || step >= 100) return;
    shown = step;
    stream.write(`  ${state}\n`);
  };
}

/** A line that wraps could not be redrawn: what is cut off is the name, not the state. */
function draw(stream: NodeJS.WriteStream, what: string, state: string): void {
  const width = Math.max(40, stream.columns || 80) - 1 - state.length;
  stream.write(`\r\u001b[K${what.length <= width ? what : `${what.slice(0, width - 1)}…`}${state}`);
}

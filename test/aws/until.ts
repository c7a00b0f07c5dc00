import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 250;

/**
 * Waits until `look` finds something.
 * @throws Error naming what did not happen.
 */
export async function until<T>(
  what: string,
  withinMs: number,
  look: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`not within ${withinMs / 1000} s: ${what}`);
    await sleep(POLL_MS);
  }
}

/**
 * Waits until functions have logged what `look` looks for. The emulator closes an invocation's log as soon as it is
 * quiet for 5 ms: on a busy machine later lines come with the function's next invocation, which `again` brings about.
 */
export const untilLogged = <T>(
  what: string,
  look: () => Promise<T | undefined>,
  again: () => Promise<unknown>,
): Promise<T> =>
  until(what, 120_000, async () => {
    const found = await look();
    if (found !== undefined) return found;
    await again();
    return look();
  });

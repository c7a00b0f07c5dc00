import { setTimeout } from "node:timers/promises";
import type { AnyEvent } from "@camclips/events";
import type { Deps } from "./deps.ts";
import { whyOver } from "./door.ts";

/** A read of the clip's record costs about a thousandth of the second of ffmpeg around it. */
const LOOK_MS = 1000;

/** Work that was stopped, because nobody wanted it any more. */
export interface Stopped {
  why: string;
}

/**
 * Works on a clip for as long as somebody wants it: work that lasts looks every second whether the clip is over, and is
 * aborted then. A look that fails says nothing.
 */
export async function whileWanted<T extends object>(
  event: AnyEvent,
  { records, lookMs = LOOK_MS }: Pick<Deps, "records" | "lookMs">,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | Stopped> {
  const stop = new AbortController();
  const done = new AbortController();
  let stopped: Stopped | undefined;
  const watch = async () => {
    while (!stopped) {
      await setTimeout(lookMs, undefined, { signal: done.signal });
      const why = await whyOver(event, records, done.signal).catch(() => undefined);
      if (why) stopped = { why };
    }
    stop.abort(new Error(stopped.why));
  };
  // Ends with the work at the latest.
  watch().catch(() => {});
  try {
    return await work(AbortSignal.any([signal, stop.signal]));
  } catch (error) {
    if (stopped) return stopped;
    throw error;
  } finally {
    done.abort();
  }
}

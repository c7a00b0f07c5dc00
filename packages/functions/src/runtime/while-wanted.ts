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
  let stopped: Stopped | undefined;
  let ended = false;
  let timer: NodeJS.Timeout | undefined;
  const lookLater = () => {
    timer = setTimeout(look, lookMs);
  };
  const look = async () => {
    const why = await whyOver(event, records, signal).catch(() => undefined);
    if (ended) return;
    if (!why) return lookLater();
    stopped = { why };
    stop.abort(new Error(why));
  };
  lookLater();
  try {
    return await work(AbortSignal.any([signal, stop.signal]));
  } catch (error) {
    if (stopped) return stopped;
    throw error;
  } finally {
    ended = true;
    clearTimeout(timer);
  }
}

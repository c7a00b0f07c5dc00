import type { ByteSource } from "../io/byte-source.ts";
import { fragmentAt } from "./fragment-behind.ts";
import type { FragmentEntry } from "./fragment-index.ts";

/** Holds a fragment's start in recordings up to 4 Mbit/s with fragments of two seconds; otherwise the walk has to do. */
const PROBE_BYTES = 1024 * 1024;
const MAX_PROBES = 8;
/** Close enough before the wanted instant: so much is walked from there, fragment by fragment. */
const NEAR_SECONDS = 20;
/** Far enough before it to have a keyframe and earlier audio in most recordings. */
const MARGIN_SECONDS = 6;

/** Presentation time of the first frame in a moof, seconds; `undefined` when it has none or no decode time. */
export type TimeOfFragment = (moof: Uint8Array, start: number) => number | undefined;

/**
 * Finds a fragment shortly before `seconds` in a file without an index, by guessing from byte positions and looking for a moof
 * there. A walk over all fragments would cost a request for each.
 *
 * @param low a fragment before `seconds`; the answer is at least as good
 */
export async function searchFragment(
  source: ByteSource,
  timeOf: TimeOfFragment,
  low: FragmentEntry,
  high: FragmentEntry,
  seconds: number,
  signal?: AbortSignal,
): Promise<FragmentEntry> {
  const wanted = seconds - MARGIN_SECONDS;
  let [before, after] = [low, high];
  for (let probes = 0; probes < MAX_PROBES && wanted - before.seconds > NEAR_SECONDS; probes++) {
    const share = (wanted - NEAR_SECONDS / 2 - before.seconds) / (after.seconds - before.seconds);
    const guess = Math.floor(before.start + Math.min(0.95, Math.max(0.05, share)) * (after.start - before.start));
    const found = await fragmentAfter(source, timeOf, guess, signal);
    if (!found || found.start <= before.start || found.start >= after.start) return before;
    if (found.seconds <= wanted) before = found;
    else after = found;
  }
  return before;
}

async function fragmentAfter(
  source: ByteSource,
  timeOf: TimeOfFragment,
  at: number,
  signal?: AbortSignal,
): Promise<FragmentEntry | undefined> {
  const bytes = Buffer.from(await source.read(at, Math.min(source.size, at + PROBE_BYTES), signal));
  for (let found = bytes.indexOf("moof"); found >= 0; found = bytes.indexOf("moof", found + 4)) {
    const start = found - 4;
    const seconds = start < 0 ? undefined : timeAt(bytes.subarray(start), at + start, source.size, timeOf);
    if (seconds !== undefined) return { start: at + start, seconds };
  }
  return undefined;
}

function timeAt(bytes: Uint8Array, start: number, fileSize: number, timeOf: TimeOfFragment): number | undefined {
  const moof = fragmentAt(bytes, start, fileSize);
  try {
    return moof && timeOf(moof, start);
  } catch {
    return undefined;
  }
}

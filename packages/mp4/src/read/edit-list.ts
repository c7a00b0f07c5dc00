import { MalformedBoxError, UnsupportedStructureError } from "../errors.ts";
import { findBody, readFullBox } from "./boxes.ts";
import type { Edit } from "./movie.ts";

const NORMAL_RATE = 0x10000;

interface Entry {
  /** `Infinity` to the media's end, where the list does not know it. */
  duration: number;
  mediaTime: number;
}

/**
 * Reads edts/elst of a trak. Empty edits at the start delay the media, one edit (or several that continue one another) shows it.
 *
 * @throws UnsupportedStructureError when the list reorders, repeats or skips media; MalformedBoxError when it changes the speed.
 */
export function readEdit(trak: Uint8Array, timescale: number, movieTimescale: number): Edit {
  const body = findBody(trak, "edts", "elst");
  const entries = body ? readEntries(body) : [];
  const firstShown = entries.findIndex((entry) => entry.mediaTime >= 0);
  if (firstShown < 0) return { shift: 0, from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
  const toTicks = (duration: number) => (duration * timescale) / movieTimescale;
  const shown = entries.slice(firstShown);
  requireContinuous(shown, toTicks);
  const empty = entries.slice(0, firstShown).filter(({ duration }) => Number.isFinite(duration));
  const from = toTicks(total(empty));
  const mediaTime = shown[0]?.mediaTime ?? 0;
  return { shift: from - mediaTime, from, to: from + toTicks(total(shown)) };
}

function readEntries(elst: Uint8Array): Entry[] {
  const { version, fields } = readFullBox("elst", elst);
  const count = fields.count(version === 0 ? 12 : 20);
  return Array.from({ length: count }, () => {
    const duration = fields.time(version) ?? Number.POSITIVE_INFINITY;
    const mediaTime = version === 0 ? fields.i32() : fields.i64();
    const rate = fields.i32();
    // Rounded, by some writers; and decoders ignore it.
    if (Math.abs(rate - NORMAL_RATE) > 1 && mediaTime >= 0)
      throw new MalformedBoxError(
        "its edit list plays parts of it slower or faster, which cannot be cut exactly: write it anew, for example with: ffmpeg -i RECORDING RECORDING.mp4",
      );
    // 0 is what fragmented files say: to the end of what the fragments bring.
    return { duration: duration === 0 && mediaTime >= 0 ? Number.POSITIVE_INFINITY : duration, mediaTime };
  });
}

function requireContinuous(shown: Entry[], toTicks: (duration: number) => number): void {
  for (let i = 1; i < shown.length; i++) {
    const before = shown[i - 1];
    const entry = shown[i];
    if (!before || !entry) continue;
    // One unit of the coarser timescale is rounding, more is a cut.
    const jump = Math.abs(entry.mediaTime - (before.mediaTime + toTicks(before.duration)));
    if (entry.mediaTime < 0 || jump > Math.max(1, toTicks(1))) {
      throw new UnsupportedStructureError("its edit list joins several parts");
    }
  }
}

function total(entries: Entry[]): number {
  return entries.reduce((sum, entry) => sum + entry.duration, 0);
}

import { MalformedBoxError } from "../errors.ts";
import type { ByteSource } from "../io/byte-source.ts";
import { type BoxHeader, boxHeader } from "../read/boxes.ts";
import type { Window } from "../read/locate-movie.ts";
import { type Fragment, fragmentBehind } from "./fragment-behind.ts";

/** Headers of fragments are read in pieces of this size; a fragment of two seconds needs about 1 kB. */
const FRAGMENT_READ_BYTES = 16 * 1024;
const MAX_MOOF_BYTES = 8 * 1024 * 1024;
/** A moof and an mdat for each of a day's two-second fragments. */
const MAX_FRAGMENT_BOXES = 100_000;
const MAX_HOLES = 1000;

/**
 * Follows the top-level boxes from `at` and yields every moof. Stops quietly where the file is cut off; where bytes are no boxes, goes on
 * with the next fragment.
 */
export async function* walkFragments(source: ByteSource, window: Window, at: number): AsyncGenerator<Fragment> {
  let last: Fragment | undefined;
  let holes = 0;
  for (let boxes = 0; at + 8 <= source.size; boxes++) {
    if (boxes > MAX_FRAGMENT_BOXES) throw new MalformedBoxError("there are too many movie fragments");
    const header = headerIn(await window.at(at, 16, FRAGMENT_READ_BYTES));
    if (!header) {
      // Bytes may be missing within the last one.
      const found =
        ++holes <= MAX_HOLES && (await fragmentBehind(window, source.size, last ? last.start + 8 : at, last));
      if (!found) return;
      at = found.start;
      continue;
    }
    if (header.type === "moof") {
      if (at + header.size > source.size || header.size > MAX_MOOF_BYTES) return;
      const box = await window.at(at, header.size);
      last = { moof: box.subarray(header.headerBytes), start: at };
      yield last;
    }
    at += header.size;
  }
}

/** Undefined for what is no box. */
function headerIn(bytes: Uint8Array): BoxHeader | undefined {
  try {
    const header = boxHeader(bytes);
    return /^[\x20-\x7e]{4}$/.test(header.type) ? header : undefined;
  } catch (error) {
    if (error instanceof MalformedBoxError) return undefined;
    throw error;
  }
}

import { boxesIn, boxHeader, findBox, readFullBox } from "../read/boxes.ts";
import type { Window } from "../read/locate-movie.ts";
import { readDecodeTime } from "./fragments.ts";

const PIECE_BYTES = 1024 * 1024;
/** Seldom more than 100 kB. */
const MAX_MOOF_BYTES = 1024 * 1024;
const MAX_CANDIDATES = 1000;
/** What a disk lost of a recording is less; what was allocated ahead, and never written, may be more. */
const MOST_SEARCHED = 64 * 1024 * 1024;

export interface Fragment {
  /** Body of the moof box. */
  moof: Uint8Array;
  /** Byte offset of the moof box in the file. */
  start: number;
}

/**
 * The body of the moof that starts with `bytes`. Picture data may hold the four letters, too: only a whole one that an mdat follows,
 * which ends within the file, counts.
 */
export function fragmentAt(bytes: Uint8Array, start: number, fileSize: number): Uint8Array | undefined {
  try {
    const moof = boxHeader(bytes.subarray(0, 16));
    const next = boxHeader(bytes.subarray(moof.size, moof.size + 16));
    if (moof.type !== "moof" || next.type !== "mdat" || start + moof.size + next.size > fileSize) return undefined;
    const body = bytes.subarray(moof.headerBytes, moof.size);
    return boxesIn(body)[0]?.type === "mfhd" ? body : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Where bytes are no boxes (a disk zeroed them, or some are missing), the next whole fragment that says when it is, later than the last
 * one before them.
 * @returns undefined when there is none nearby
 */
export async function fragmentBehind(
  window: Window,
  fileSize: number,
  from: number,
  last: Fragment | undefined,
): Promise<Fragment | undefined> {
  const end = Math.min(fileSize, from + MOST_SEARCHED);
  let candidates = 0;
  for (let at = from; at < end; at += PIECE_BYTES) {
    // The letters may lie across two pieces.
    const piece = Buffer.from(await window.at(at, PIECE_BYTES + 3));
    for (let found = piece.indexOf("moof"); found >= 0; found = piece.indexOf("moof", found + 4)) {
      const start = at + found - 4;
      if (start < from) continue;
      if (++candidates > MAX_CANDIDATES) return undefined;
      const size = Buffer.from(await window.at(start, 4)).readUInt32BE();
      const moof = size <= MAX_MOOF_BYTES && fragmentAt(await window.at(start, size + 16), start, fileSize);
      if (moof && isLater(moof, last?.moof)) return { moof, start };
    }
  }
  return undefined;
}

/** Fragments that say no time, or begin again, cannot be placed behind a hole. */
function isLater(moof: Uint8Array, last: Uint8Array | undefined): boolean {
  const before = last && decodeTimes(last);
  const times = [...decodeTimes(moof)];
  return times.every(([track, dts]) => dts !== undefined && dts > (before?.get(track) ?? Number.NEGATIVE_INFINITY));
}

function decodeTimes(moof: Uint8Array): Map<number, number | undefined> {
  const fragments = boxesIn(moof).filter(({ type }) => type === "traf");
  return new Map(
    fragments.flatMap(({ body }): [number, number | undefined][] => {
      const [header, time] = ["tfhd", "tfdt"].map((type) => findBox(boxesIn(body), type));
      if (!header) return [];
      return [[readFullBox("tfhd", header.body).fields.u32(), time && readDecodeTime(time).dts]];
    }),
  );
}

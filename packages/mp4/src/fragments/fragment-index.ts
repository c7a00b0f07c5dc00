import { MalformedBoxError } from "../errors.ts";
import type { ByteSource } from "../io/byte-source.ts";
import { boxesIn, boxHeader, readFullBox } from "../read/boxes.ts";
import type { LocatedMovie, Window } from "../read/locate-movie.ts";
import type { Track } from "../read/movie.ts";

/** Enough for mfra of an hour's fragments. */
const TAIL_BYTES = 64 * 1024;
const MAX_INDEX_BYTES = 4 * 1024 * 1024;
/** Small boxes that may stand between moov and sidx. */
const MAX_BOXES_BEFORE_SIDX = 8;

/** Where a fragment starts. Times are hints, because writers disagree on whether edits are applied. */
export interface FragmentEntry {
  start: number;
  seconds: number;
}

/** Reads sidx behind moov, else mfra at the end of the file. Empty when there is neither. */
export async function readFragmentIndex(
  source: ByteSource,
  window: Window,
  located: LocatedMovie,
  video: Track,
): Promise<FragmentEntry[]> {
  const segments = await orNone(() => readSegmentIndex(source, window, located.end, video));
  const entries = segments.length > 0 ? segments : await orNone(() => readRandomAccess(source, window, video));
  const sane = entries.filter((entry) => entry.start >= located.end && entry.start < source.size);
  return sane.sort((a, b) => a.start - b.start).filter((entry, i) => entry.start !== sane[i - 1]?.start);
}

/** An index only saves reading: one that is broken condemns no file. */
async function orNone(read: () => Promise<FragmentEntry[]>): Promise<FragmentEntry[]> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof MalformedBoxError) return [];
    throw error;
  }
}

async function readSegmentIndex(
  source: ByteSource,
  window: Window,
  at: number,
  video: Track,
): Promise<FragmentEntry[]> {
  let start = at;
  for (let boxes = 0; boxes < MAX_BOXES_BEFORE_SIDX && start + 16 <= source.size; boxes++) {
    const header = boxHeader(await window.at(start, 16, TAIL_BYTES));
    if (header.type === "moof" || header.type === "mdat") return [];
    const end = start + header.size;
    if (header.type === "sidx" && end <= source.size && header.size <= MAX_INDEX_BYTES) {
      const box = await window.at(start, header.size);
      const { trackId, entries } = parseSegmentIndex(box.subarray(header.headerBytes), end);
      if (trackId === video.id) return entries;
    }
    start = end;
  }
  return [];
}

/** sidx, ISO/IEC 14496-12, 8.16.3. Entries that point to further sidx boxes end the list. */
function parseSegmentIndex(body: Uint8Array, boxEnd: number): { trackId: number; entries: FragmentEntry[] } {
  const { version, fields } = readFullBox("sidx", body);
  const trackId = fields.u32();
  const timescale = fields.u32() || 1;
  let time = fields.u32or64(version);
  let start = boxEnd + fields.u32or64(version);
  fields.skip(2);
  const entries: FragmentEntry[] = [];
  for (let left = fields.u16(); left > 0; left--) {
    const reference = fields.u32();
    if (reference >= 0x8000_0000) break;
    entries.push({ start, seconds: time / timescale });
    start += reference;
    time += fields.u32();
    fields.skip(4);
  }
  return { trackId, entries };
}

/** mfra, ISO/IEC 14496-12, 8.8.9: found through mfro, the last 16 bytes of the file. */
async function readRandomAccess(source: ByteSource, window: Window, video: Track): Promise<FragmentEntry[]> {
  const tailStart = Math.max(0, source.size - TAIL_BYTES);
  const tail = await window.at(tailStart, source.size - tailStart);
  const mfro = tail.subarray(-16);
  if (mfro.length < 16 || boxHeader(mfro).type !== "mfro") return [];
  const size = new DataView(mfro.buffer, mfro.byteOffset).getUint32(12);
  if (size < 24 || size > Math.min(MAX_INDEX_BYTES, source.size)) return [];
  const mfra = size <= tail.length ? tail.subarray(-size) : await window.at(source.size - size, size);
  const header = boxHeader(mfra);
  if (header.type !== "mfra") return [];
  const tables = boxesIn(mfra.subarray(header.headerBytes)).filter((box) => box.type === "tfra");
  const lists = tables.map((box) => parseRandomAccess(box.body));
  return lists.find((list) => list.trackId === video.id)?.toEntries(video.timescale) ?? [];
}

function parseRandomAccess(body: Uint8Array) {
  const { version, fields } = readFullBox("tfra", body);
  const trackId = fields.u32();
  const lengths = fields.u32();
  const numberBytes = ((lengths >> 4) & 3) + ((lengths >> 2) & 3) + (lengths & 3) + 3;
  const count = fields.count((version === 0 ? 8 : 16) + numberBytes);
  const list = Array.from({ length: count }, () => {
    const entry = { time: fields.u32or64(version), start: fields.u32or64(version) };
    fields.skip(numberBytes);
    return entry;
  });
  const toEntries = (timescale: number) => list.map(({ time, start }) => ({ start, seconds: time / timescale }));
  return { trackId, toEntries };
}

/** Where the last fragment is looked for: in the file's end, then in more of it. */
const LAST_FRAGMENT_BYTES = [1024 * 1024, 8 * 1024 * 1024];

/**
 * Finds the last fragment with video of a file without an index: a moof near the end from which whole boxes lead exactly
 * to the file's end. `undefined` when there is none.
 * @param holdsVideo whether a moof does, told by its body and its place
 */
export async function findLastFragment(
  source: ByteSource,
  holdsVideo: (moof: Uint8Array, start: number) => boolean,
  signal?: AbortSignal,
): Promise<FragmentEntry | undefined> {
  for (const bytes of LAST_FRAGMENT_BYTES) {
    const tailStart = Math.max(0, source.size - bytes);
    const read = await source.read(tailStart, source.size, signal);
    const tail = Buffer.from(read.buffer, read.byteOffset, read.byteLength);
    const chains = new Chains(tail);
    for (let at = tail.lastIndexOf("moof"); at >= 4; at = tail.lastIndexOf("moof", at - 1)) {
      const start = at - 4;
      const moof = chains.leadsToEnd(start) ? tail.subarray(start + 8, start + tail.readUInt32BE(start)) : undefined;
      if (moof && holdsVideo(moof, tailStart + start))
        return { start: tailStart + start, seconds: Number.POSITIVE_INFINITY };
    }
    if (tailStart === 0) break;
  }
  return undefined;
}

/** Box after box through the end of a file. What was walked is remembered: a hostile file would be walked for days. */
class Chains {
  readonly #bytes: Uint8Array;
  /** Of places that were walked: whether whole boxes lead to the end, and whether one of them holds media. */
  readonly #known = new Map<number, { ends: boolean; holdsMedia: boolean }>();

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#known.set(bytes.length, { ends: true, holdsMedia: false });
  }

  leadsToEnd(start: number): boolean {
    const walked: { at: number; isMedia: boolean }[] = [];
    let at: number | undefined = start;
    while (at !== undefined && !this.#known.has(at)) {
      const header = this.#headerAt(at);
      walked.push({ at, isMedia: header?.type === "mdat" });
      at = header?.end;
    }
    let { ends, holdsMedia } = this.#known.get(at ?? -1) ?? { ends: false, holdsMedia: false };
    for (const one of walked.reverse()) {
      holdsMedia ||= one.isMedia;
      this.#known.set(one.at, { ends, holdsMedia });
    }
    return ends && holdsMedia;
  }

  #headerAt(at: number): { type: string; end: number } | undefined {
    try {
      const { type, size } = boxHeader(this.#bytes, at);
      const end = size === Number.POSITIVE_INFINITY ? this.#bytes.length : at + size;
      return end <= this.#bytes.length ? { type, end } : undefined;
    } catch {
      return undefined;
    }
  }
}

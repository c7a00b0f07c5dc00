import { CorruptSourceError, UnsupportedStructureError } from "../errors.ts";
import type { ByteSource } from "../io/byte-source.ts";
import { type BoxHeader, boxHeader, printable } from "./boxes.ts";
import { uncompressed } from "./compressed-index.ts";
import { foreignContainer } from "./foreign-container.ts";

/** Enough for ftyp, moov's header and, in short recordings, all of moov. */
const HEAD_BYTES = 64 * 1024;
/** Read where a box lies outside of the head: normally a whole trailing moov of a ten-minute recording. */
const TAIL_BYTES = 512 * 1024;
/** About 24 hours of video and audio. */
const MAX_MOOV_BYTES = 64 * 1024 * 1024;
/** Some recorders close a box of media every second, and write moov behind the last of them. */
const MAX_TOP_LEVEL_BOXES = 100_000;
/** Of so many boxes, it is worth reading ahead; and of those that are smaller. */
const FEW_BOXES = 64;
const SMALL_BOX_BYTES = 4 * 1024;

/** Boxes a file may start with: ISO/IEC 14496-12, and the older QuickTime ones. */
const FIRST_TYPES = new Set(["ftyp", "styp", "moov", "mdat", "free", "skip", "wide", "pnot", "uuid", "moof", "sidx"]);

export interface LocatedMovie {
  /** Body of the moov box. */
  moov: Uint8Array;
  /** Where the box after moov starts. */
  end: number;
}

/** A window on the file that remembers its first and last reads, so that neighbouring boxes cost one request. */
export interface Window {
  at(start: number, length: number, readAhead?: number): Promise<Uint8Array>;
}

export function windowOn(source: ByteSource, signal?: AbortSignal): Window {
  let start = 0;
  let bytes: Uint8Array = new Uint8Array();
  let head: Uint8Array | undefined;
  return {
    async at(from, length, readAhead = length) {
      const end = Math.min(source.size, from + length);
      if (head && end <= head.length) return head.subarray(from, end);
      if (from < start || end > start + bytes.length) {
        const keep = from >= start && from < start + bytes.length ? bytes.subarray(from - start) : new Uint8Array();
        const readFrom = from + keep.length;
        const fresh = await source.read(readFrom, Math.max(end, Math.min(source.size, readFrom + readAhead)), signal);
        start = from;
        bytes = keep.length > 0 ? Buffer.concat([keep, fresh]) : fresh;
        if (start === 0) head ??= bytes;
      }
      return bytes.subarray(from - start, end - start);
    },
  };
}

/**
 * Finds and reads moov by the headers of the top-level boxes: one or two reads when it comes first, two or three when last.
 *
 * @throws CorruptSourceError when the file is empty, truncated or no video; UnsupportedStructureError when it is another
 * container or its moov is too large.
 */
export async function locateMovie(source: ByteSource, name: string, window: Window): Promise<LocatedMovie> {
  if (source.size === 0) throw new CorruptSourceError(name, "the file is empty");
  const head = await window.at(0, Math.min(HEAD_BYTES, source.size));
  requireMp4(head, name);
  let at = 0;
  for (let boxes = 0; boxes < MAX_TOP_LEVEL_BOXES && at + 8 <= source.size; boxes++) {
    const isAhead = boxes < FEW_BOXES || at / boxes < SMALL_BOX_BYTES;
    const header = boxHeader(await window.at(at, 16, isAhead ? TAIL_BYTES : undefined));
    if (header.type === "moov") return readMoov(source, name, window, at, header);
    if (at + header.size > source.size) throw truncated(name, header, at, source.size);
    at += header.size;
  }
  throw new CorruptSourceError(
    name,
    "no index (moov box) in the file: the recording was not finished, or is still being written",
  );
}

function requireMp4(head: Uint8Array, name: string): void {
  const type = String.fromCharCode(...head.subarray(4, 8));
  if (head.length >= 16 && FIRST_TYPES.has(type)) return;
  const container = foreignContainer(head);
  if (container?.isRead) throw new UnsupportedStructureError(`it is ${container.name}, not MP4`);
  if (container) {
    const help = "convert it, for example with: ffmpeg -i RECORDING -c copy RECORDING.mp4";
    throw new CorruptSourceError(name, `it is ${container.name}, not MP4, and cannot be read: ${help}`);
  }
  throw new CorruptSourceError(
    name,
    `not a video: starts with "${printable(String.fromCharCode(...head.subarray(0, 16)))}"`,
  );
}

function truncated(name: string, header: BoxHeader, at: number, size: number): CorruptSourceError {
  const end = Number.isFinite(header.size) ? `byte ${at + header.size}` : "the end of the file";
  const box = printable(header.type);
  return new CorruptSourceError(
    name,
    `truncated: no index (moov box), ${box} box runs to ${end}, the file has ${size} bytes: it was not finished, or is still being written`,
  );
}

async function readMoov(source: ByteSource, name: string, window: Window, at: number, header: BoxHeader) {
  const size = Math.min(header.size, header.size === Number.POSITIVE_INFINITY ? source.size - at : header.size);
  if (at + size > source.size) {
    throw new CorruptSourceError(
      name,
      `truncated: moov box runs to byte ${at + size}, the file has ${source.size} bytes`,
    );
  }
  if (size > MAX_MOOV_BYTES) throw new UnsupportedStructureError(`its index (moov box) has ${size} bytes`);
  const moov = await window.at(at, size);
  return { moov: uncompressed(moov.subarray(header.headerBytes), MAX_MOOV_BYTES), end: at + size };
}

import { MalformedBoxError } from "../errors.ts";
import { BoxReader } from "./box-reader.ts";

export interface Box {
  type: string;
  /** Header and body. */
  bytes: Uint8Array;
  body: Uint8Array;
}

export interface BoxHeader {
  type: string;
  headerBytes: number;
  /** Header and body; `Infinity` for a box that runs to the end of the file (size field 0). */
  size: number;
}

/**
 * ISO/IEC 14496-12, 4.2: 32-bit size, type, and a 64-bit size when the first is 1. Needs up to 16 bytes. Read without a BoxReader: a
 * fragmented recording has more headers than anything else.
 */
export function boxHeader(bytes: Uint8Array, at = 0): BoxHeader {
  const size = u32(bytes, at);
  const type = String.fromCharCode(byte(bytes, at + 4), byte(bytes, at + 5), byte(bytes, at + 6), byte(bytes, at + 7));
  if (size === 0) return { type, headerBytes: 8, size: Number.POSITIVE_INFINITY };
  if (size === 1)
    return checked({ type, headerBytes: 16, size: new BoxReader("top-level", bytes.subarray(at + 8)).u64() });
  return checked({ type, headerBytes: 8, size });
}

const u32 = (bytes: Uint8Array, at: number): number =>
  ((byte(bytes, at) << 24) | (byte(bytes, at + 1) << 16) | (byte(bytes, at + 2) << 8) | byte(bytes, at + 3)) >>> 0;

function byte(bytes: Uint8Array, at: number): number {
  const value = bytes[at];
  if (value === undefined) throw new MalformedBoxError("top-level box ends too early");
  return value;
}

function checked(header: BoxHeader): BoxHeader {
  if (header.size < header.headerBytes)
    throw new MalformedBoxError(`${printable(header.type)} box has size ${header.size}`);
  return header;
}

/** The boxes that fill `bytes`; up to seven stray bytes at the end are ignored, as QuickTime's terminators are. */
export function boxesIn(bytes: Uint8Array): Box[] {
  const boxes: Box[] = [];
  readBoxes(bytes, boxes);
  return boxes;
}

/** The boxes that `bytes` begins with, up to one that is broken: some writers leave other bytes behind them. */
export function wholeBoxesIn(bytes: Uint8Array): Box[] {
  const boxes: Box[] = [];
  try {
    readBoxes(bytes, boxes);
  } catch (error) {
    if (!(error instanceof MalformedBoxError)) throw error;
  }
  return boxes;
}

/** Puts them into `boxes` one by one: what is whole is there when the next one is not. */
function readBoxes(bytes: Uint8Array, boxes: Box[]): void {
  for (let at = 0; at + 8 <= bytes.length; ) {
    const box = boxAt(bytes, at);
    boxes.push(box);
    at += box.bytes.length;
  }
}

function boxAt(bytes: Uint8Array, at: number): Box {
  const { type, headerBytes, size: said } = boxHeader(bytes, at);
  const size = said === Number.POSITIVE_INFINITY ? bytes.length - at : said;
  if (at + size > bytes.length) throw new MalformedBoxError(`${printable(type)} box is larger than its parent`);
  return { type, bytes: bytes.subarray(at, at + size), body: bytes.subarray(at + headerBytes, at + size) };
}

export function findBox(boxes: readonly Box[], type: string): Box | undefined {
  return boxes.find((box) => box.type === type);
}

/** The body of the box that is reached by following the types of `path` from `bytes`. */
export function findBody(bytes: Uint8Array, ...path: string[]): Uint8Array | undefined {
  let body: Uint8Array | undefined = bytes;
  for (const type of path) body = body && findBox(boxesIn(body), type)?.body;
  return body;
}

export function requireBody(bytes: Uint8Array, ...path: string[]): Uint8Array {
  const body = findBody(bytes, ...path);
  if (!body) throw new MalformedBoxError(`${path.join("/")} box is missing`);
  return body;
}

/** Fields of a full box's body, after its version and flags. */
export function readFullBox(type: string, body: Uint8Array): { version: number; flags: number; fields: BoxReader } {
  const fields = new BoxReader(type, body);
  return { version: fields.u8(), flags: fields.u24(), fields };
}

/** Box types come from the file, so they are made safe before they enter a message. */
export function printable(type: string): string {
  return type.replace(/[^\x20-\x7e]/g, "?");
}

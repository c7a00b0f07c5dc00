/** Elements of EBML (RFC 8794) that are looked at; of Matroska (RFC 9559) where nothing else is said. */
export const ID = {
  ebml: 0x1a45dfa3,
  segment: 0x18538067,
  seekHead: 0x114d9b74,
  seek: 0x4dbb,
  seekId: 0x53ab,
  seekPosition: 0x53ac,
  info: 0x1549a966,
  timestampScale: 0x2ad7b1,
  tracks: 0x1654ae6b,
  trackEntry: 0xae,
  trackNumber: 0xd7,
  trackType: 0x83,
  flagEnabled: 0xb9,
  codecId: 0x86,
  codecPrivate: 0x63a2,
  cues: 0x1c53bb6b,
  cuePoint: 0xbb,
  cueTime: 0xb3,
  cueTrackPositions: 0xb7,
  cueTrack: 0xf7,
  cueClusterPosition: 0xf1,
  cluster: 0x1f43b675,
  timestamp: 0xe7,
  simpleBlock: 0xa3,
  blockGroup: 0xa0,
  block: 0xa1,
  referenceBlock: 0xfb,
} as const;

/** The most that an element's id and size take. */
export const MOST_HEADER_BYTES = 12;

export interface ElementHeader {
  id: number;
  headerBytes: number;
  /** Of its content. Undefined: up to where an element of its parent's level begins. */
  size: number | undefined;
}

/** @returns undefined where no element begins, or its header is not whole */
export function readHeader(bytes: Buffer, at = 0): ElementHeader | undefined {
  const idBytes = vintBytes(bytes[at]);
  const sizeBytes = vintBytes(bytes[at + idBytes]);
  const headerBytes = idBytes + sizeBytes;
  if (idBytes === 0 || idBytes > 4 || sizeBytes === 0 || at + headerBytes > bytes.length) return undefined;
  const size = readVint(bytes, at + idBytes, sizeBytes);
  const isUnknown = size === 2 ** (7 * sizeBytes) - 1;
  return { id: bytes.readUIntBE(at, idBytes), headerBytes, size: isUnknown ? undefined : size };
}

/** How long a number of variable size is, by its first byte; 0 where it is none. */
export function vintBytes(first: number | undefined): number {
  return first ? Math.clz32(first) - 23 : 0;
}

export function readVint(bytes: Buffer, at: number, length: number): number {
  let value = (bytes[at] ?? 0) & (0xff >> length);
  for (let i = 1; i < length; i++) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
}

interface Element {
  id: number;
  content: Buffer;
}

/** The elements in a parent's content, as far as they are whole. */
function* elementsIn(content: Buffer): Generator<Element> {
  for (let at = 0; at < content.length; ) {
    const header = readHeader(content, at);
    if (header?.size === undefined) return;
    const start = at + header.headerBytes;
    at = start + header.size;
    if (at > content.length) return;
    yield { id: header.id, content: content.subarray(start, at) };
  }
}

export function childrenOf(content: Buffer, id: number): Buffer[] {
  return [...elementsIn(content)].flatMap((element) => (element.id === id ? [element.content] : []));
}

/** The number in the first element of an id. */
export function numberIn(content: Buffer, id: number): number | undefined {
  const [bytes] = childrenOf(content, id);
  return bytes && unsigned(bytes);
}

export function unsigned(bytes: Buffer): number {
  return bytes.reduce((value, byte) => value * 256 + byte, 0);
}

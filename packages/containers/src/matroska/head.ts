import { NotTakenApartError } from "../frames.ts";
import type { Pieces } from "../pieces.ts";
import { childrenOf, type ElementHeader, ID, MOST_HEADER_BYTES, numberIn, readHeader } from "./ebml.ts";
import { type NalFormat, nalFormat } from "./keyframe.ts";

const MOST_ELEMENTS = 1000;
const MOST_HEAD_BYTES = 1024 ** 2;
const NANOSECONDS = 1e9;
const VIDEO = 1;
const AUDIO = 2;

/** What a file says before its first cluster. */
export interface MatroskaHead {
  /** Where the segment's content begins: positions in it are counted from there. */
  segmentStart: number;
  firstCluster: number;
  ticksPerSecond: number;
  video: number;
  audio: number | undefined;
  nals: NalFormat | undefined;
  /** Where the index lies, by the list of what lies where. */
  cuesAt: number | undefined;
  /** The header, and a segment that goes on to the file's end, with what decoders need. */
  prefix: Buffer;
}

/** @throws NotTakenApartError when it is not as Matroska has it, or without video */
export async function readHead(pieces: Pieces): Promise<MatroskaHead> {
  const ebml = await elementAt(pieces, 0);
  const segment = await elementAt(pieces, ebml.end);
  if (segment.id !== ID.segment) throw new NotTakenApartError("no segment follows its header");
  const kept = [ebml.bytes, SEGMENT_TO_END];
  const head: Partial<MatroskaHead> = { segmentStart: segment.start, ticksPerSecond: 1000 };
  for (let [at, count] = [segment.start, 0]; count < MOST_ELEMENTS; count++) {
    const element = await elementAt(pieces, at, [ID.seekHead, ID.info, ID.tracks]);
    if (element.id === ID.cluster) {
      if (head.video === undefined) throw new NotTakenApartError("it has no video before its first cluster");
      return { ...(head as MatroskaHead), firstCluster: at, prefix: Buffer.concat(kept) };
    }
    if (element.id === ID.seekHead) head.cuesAt = cuesPosition(element.content, segment.start);
    if (element.id === ID.cues) head.cuesAt = at;
    if (element.id === ID.info)
      head.ticksPerSecond = NANOSECONDS / (numberIn(element.content, ID.timestampScale) || 1e6);
    if (element.id === ID.info) kept.push(element.bytes);
    if (element.id === ID.tracks) {
      const { entries, ...read } = readTracks(element.content);
      Object.assign(head, read);
      kept.push(tracksOf(entries));
    }
    at = element.end;
  }
  throw new NotTakenApartError("it has no cluster");
}

const SEGMENT_TO_END = Buffer.from("1853806701ffffffffffffff", "hex");

interface HeadElement extends ElementHeader {
  start: number;
  end: number;
  /** Header and content, of those that are read whole. */
  bytes: Buffer;
  content: Buffer;
}

async function elementAt(pieces: Pieces, at: number, whole: number[] = [ID.ebml]): Promise<HeadElement> {
  const header = readHeader(await pieces.at(at, MOST_HEADER_BYTES));
  if (!header) throw new NotTakenApartError(`no element begins at byte ${at}`);
  const { id, size, headerBytes } = header;
  const start = at + headerBytes;
  const isRead = whole.includes(id);
  if (size === undefined && id !== ID.segment && id !== ID.cluster)
    throw new NotTakenApartError(`the element at byte ${at} has no size`);
  if (isRead && (size ?? 0) > MOST_HEAD_BYTES)
    throw new NotTakenApartError(`the element at byte ${at} has ${size} bytes`);
  const length = headerBytes + (isRead ? (size ?? 0) : 0);
  // What is kept must not keep the piece that it was read with.
  const bytes = Buffer.from((await pieces.at(at, length)).subarray(0, length));
  return { ...header, start, end: start + (size ?? 0), bytes, content: bytes.subarray(headerBytes) };
}

function cuesPosition(seekHead: Buffer, segmentStart: number): number | undefined {
  const seek = childrenOf(seekHead, ID.seek).find((entry) => numberIn(entry, ID.seekId) === ID.cues);
  const position = seek && numberIn(seek, ID.seekPosition);
  return position === undefined ? undefined : segmentStart + position;
}

/** Last come tracks that are switched off, and covers; a camera that records Motion JPEG has no other. */
function rank(track: Buffer): number {
  const [codec] = childrenOf(track, ID.codecId);
  return (numberIn(track, ID.flagEnabled) === 0 ? 2 : 0) + (codec?.toString("latin1") === "V_MJPEG" ? 1 : 0);
}

function readTracks(content: Buffer): Pick<MatroskaHead, "video" | "audio" | "nals"> & { entries: Buffer[] } {
  const tracks = childrenOf(content, ID.trackEntry).toSorted((a, b) => rank(a) - rank(b));
  const first = (type: number) => tracks.find((track) => numberIn(track, ID.trackType) === type);
  const [picture, sound] = [first(VIDEO), first(AUDIO)];
  const video = picture && numberIn(picture, ID.trackNumber);
  if (!picture || video === undefined) throw new NotTakenApartError("it has no track of video");
  const [codec = Buffer.alloc(0)] = childrenOf(picture, ID.codecId);
  const [configuration = Buffer.alloc(0)] = childrenOf(picture, ID.codecPrivate);
  const nals = nalFormat(codec.toString("latin1"), configuration);
  const entries = sound ? [picture, sound] : [picture];
  return { video, audio: sound && numberIn(sound, ID.trackNumber), nals, entries };
}

/** What names tracks, with some of them only: ffmpeg takes the first of a kind. */
function tracksOf(entries: readonly Buffer[]): Buffer {
  const content = Buffer.concat(entries.map((entry) => element(Buffer.from([ID.trackEntry]), entry)));
  return element(Buffer.from(ID.tracks.toString(16), "hex"), content);
}

function element(id: Buffer, content: Buffer): Buffer {
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE((1n << 56n) | BigInt(content.length));
  return Buffer.concat([id, size, content]);
}

import {
  AVC_NAL,
  avcNalType,
  HEVC_NAL,
  hevcNalType,
  isAvcSlice,
  isHevcEntry,
  isHevcSlice,
  nalUnits,
} from "../h26x/nal-units.ts";
import { recoveryFramesOf } from "../h26x/recovery-point.ts";
import { isIntraSlice } from "../h26x/slice-type.ts";
import type { ByteSource } from "../io/byte-source.ts";
import {
  FRAME_TOLERANCE_SECONDS,
  firstTrack,
  isOpen,
  type Movie,
  onlyDescription,
  presentationTicks,
  randomAccessPointFor,
  type Track,
} from "../read/movie.ts";
import type { SliceRange } from "./slice.ts";

/** Neighbouring samples are read together in pieces of this size; of a larger sample, only its head. */
const READ_BYTES = 1024 * 1024;
const HEAD_BYTES = 64 * 1024;
/** So many pieces are read in each direction, at most. */
const MAX_READS = 32;

/** How safely decoding starts with a sample. */
const NO_ENTRY = 0;
/** An intra picture of H.264 that is no IDR picture: frames after it may need some before it. */
const INTRA = 1;
/** CRA of HEVC: only leading pictures need what is before it. */
const OPEN = 2;
/** IDR, and BLA of HEVC: nothing needs what is before it. */
const CLOSED = 3;
type Entry = typeof NO_ENTRY | typeof INTRA | typeof OPEN | typeof CLOSED;

export interface TrueSync {
  movie: Movie;
  /** False when the flags lie, and no sample was found with which decoding can start. */
  found: boolean;
}

/**
 * Some writers flag every sample as sync, or leave out the table that says which are; a slice from such a sample loses its
 * frames up to the next keyframe. So where all are flagged, the pictures around the range's first frame are looked at, and
 * unless they are all intra, those from the keyframe before it to the range's end: flags stay where NAL unit types bear them out.
 */
export async function withRealKeyframes(
  movie: Movie,
  source: ByteSource,
  range: SliceRange,
  signal?: AbortSignal,
): Promise<TrueSync> {
  const video = firstTrack(movie, "vide");
  const entryOf = video && entryReader(video);
  const wanted = video && samplesIn(video, range);
  if (!entryOf || !wanted || video.samples.count < 2) return { movie, found: true };
  const reader = new EntryReader(video, source, entryOf, signal);
  if (video.samples.sync.includes(0)) {
    const known = { ...video, recoveryFrames: await recoveryFrames(video, reader, wanted) };
    return { movie: await withOpenGops(withTrack(movie, video, known), known, reader, wanted), found: true };
  }
  const { first, last } = wanted;
  const around = await reader.read(Math.max(0, first - 1), Math.min(video.samples.count - 1, first + 1));
  if (around.every(({ entry }) => entry !== NO_ENTRY)) return { movie, found: true };

  const entries = [...(await entriesBefore(reader, first)), ...(await entriesBehind(reader, first + 1, last))];
  const before = entries.filter(({ index }) => index <= first);
  const least = before.some(({ entry }) => entry >= OPEN) ? OPEN : INTRA;
  const sync = new Uint8Array(video.samples.count);
  for (const { index, entry } of entries) if (entry >= least) sync[index] = 1;
  if (!before.some(({ index }) => sync[index] === 1)) return { movie, found: false };
  return { movie: withTrack(movie, video, { ...video, samples: { ...video.samples, sync } }), found: true };
}

/** A keyframe takes so many times the bytes of the frames behind it, of which so many are looked at. */
const KEYFRAME_TIMES = 2;
const FRAMES_BEHIND = 8;

/**
 * Where the sample with which decoding would start is no larger than others, it may be one where a refresh begins that goes on
 * little by little: it is looked at.
 */
async function recoveryFrames(video: Track, reader: EntryReader, { earliest }: Wanted): Promise<number> {
  const { size, sync } = video.samples;
  const { nalLengthSize } = onlyDescription(video)?.video?.avc ?? {};
  const { index } = randomAccessPointFor(video, earliest);
  const behind = size.subarray(index + 1, index + 1 + FRAMES_BEHIND);
  const usual = behind.reduce((sum, bytes) => sum + bytes, 0) / behind.length;
  const isLarge = (size[index] ?? 0) > KEYFRAME_TIMES * usual;
  if (nalLengthSize === undefined || isLarge || index <= sync.indexOf(1)) return 0;
  return recoveryFramesOf(await reader.head(index), nalLengthSize);
}

/** GOPs shorter than what reordering may reach over (H.264, A.3.1) can be open without a frame that leads a keyframe. */
const SHORT_GOP = 16;

/**
 * Where GOPs are short and frames are reordered, but none leads a keyframe, the index does not tell whether GOPs are open:
 * the sample with which decoding would start is looked at.
 */
async function withOpenGops(movie: Movie, video: Track, reader: EntryReader, { earliest }: Wanted): Promise<Movie> {
  const { compositionOffset, sync, count } = video.samples;
  const { index } = randomAccessPointFor(video, earliest);
  const reorders = compositionOffset.some((offset) => offset !== compositionOffset[0]);
  const isShort = count < SHORT_GOP * sync.reduce((keyframes, flag) => keyframes + flag, 0);
  if (!isShort || !reorders || isOpen(video) || index <= sync.indexOf(1)) return movie;
  const [entry] = await reader.read(index, index);
  return entry?.entry === INTRA ? withTrack(movie, video, { ...video, openGops: true }) : movie;
}

function withTrack(movie: Movie, old: Track, other: Track): Movie {
  return { ...movie, tracks: movie.tracks.map((track) => (track === old ? other : track)) };
}

interface Wanted {
  /** The first and last sample, in decode order, that are presented in the range, and the one that is presented first. */
  first: number;
  last: number;
  earliest: number;
}

function samplesIn(video: Track, range: SliceRange): Wanted | undefined {
  let [first, last, earliest] = [-1, -1, -1];
  for (let i = 0; i < video.samples.count; i++) {
    const seconds = presentationTicks(video, i) / video.timescale + FRAME_TOLERANCE_SECONDS;
    if (seconds < range.fromSeconds || seconds >= range.toSeconds) continue;
    if (first < 0) first = i;
    last = i;
    if (earliest < 0 || presentationTicks(video, i) < presentationTicks(video, earliest)) earliest = i;
  }
  return first < 0 ? undefined : { first, last, earliest };
}

interface Found {
  index: number;
  entry: Entry;
}

/** Back to a sample that is a safe entry, also when the pictures right behind it need those before. */
async function entriesBefore(reader: EntryReader, first: number): Promise<Found[]> {
  const found: Found[] = [];
  for (let [end, reads] = [first, 0]; end >= 0 && reads < MAX_READS; reads++) {
    const piece = await reader.read(reader.pieceStart(end), end);
    found.unshift(...piece);
    if (piece.some(({ entry }) => entry === CLOSED) || found.filter(({ entry }) => entry === OPEN).length > 1) break;
    end -= piece.length;
  }
  return found;
}

async function entriesBehind(reader: EntryReader, first: number, last: number): Promise<Found[]> {
  const found: Found[] = [];
  for (let [start, reads] = [first, 0]; start <= last && reads < MAX_READS; reads++) {
    const piece = await reader.read(start, reader.pieceEnd(start, last));
    found.push(...piece);
    start += piece.length;
  }
  return found;
}

class EntryReader {
  readonly #track: Track;
  readonly #source: ByteSource;
  readonly #entryOf: (sample: Buffer) => Entry;
  readonly #signal: AbortSignal | undefined;

  constructor(track: Track, source: ByteSource, entryOf: (sample: Buffer) => Entry, signal?: AbortSignal) {
    this.#track = track;
    this.#source = source;
    this.#entryOf = entryOf;
    this.#signal = signal;
  }

  /** The samples from `first` to `last`: with one request, unless they are far apart. */
  async read(first: number, last: number): Promise<Found[]> {
    if (last > first && !this.#isPiece(first, last)) {
      return [...(await this.read(first, last - 1)), ...(await this.read(last, last))];
    }
    const start = this.#start(first);
    const end = Math.min(this.#source.size, this.#headEnd(last));
    const bytes = start < end ? Buffer.from(await this.#source.read(start, end, this.#signal)) : Buffer.alloc(0);
    return Array.from({ length: last - first + 1 }, (_, i) => {
      const index = first + i;
      return { index, entry: this.#entryOf(bytes.subarray(this.#start(index) - start, this.#headEnd(index) - start)) };
    });
  }

  async head(index: number): Promise<Uint8Array> {
    const end = Math.min(this.#source.size, this.#headEnd(index));
    return this.#source.read(Math.min(end, this.#start(index)), end, this.#signal);
  }

  /** The first of the samples that are read together with `last`. */
  pieceStart(last: number): number {
    let first = last;
    while (first > 0 && this.#isPiece(first - 1, last)) first--;
    return first;
  }

  /** The last of the samples that are read together with `first`. */
  pieceEnd(first: number, most: number): number {
    let last = first;
    while (last < most && this.#isPiece(first, last + 1)) last++;
    return last;
  }

  /** Both ends bound what lies between: offsets that go back end a piece. */
  #isPiece(first: number, last: number): boolean {
    const inOrder = this.#start(first) <= this.#start(first + 1) && this.#start(last - 1) <= this.#start(last);
    return inOrder && this.#start(first) <= this.#start(last) && this.#headEnd(last) - this.#start(first) <= READ_BYTES;
  }

  #start(index: number): number {
    return this.#track.samples.offset[index] ?? 0;
  }

  #headEnd(index: number): number {
    return this.#start(index) + Math.min(this.#track.samples.size[index] ?? 0, HEAD_BYTES);
  }
}

/** Reads what a sample of this track begins with. `undefined` for codecs other than H.264 and HEVC. */
function entryReader(track: Track): ((sample: Buffer) => Entry) | undefined {
  const description = onlyDescription(track);
  const format = description?.format ?? "";
  if (["avc1", "avc3"].includes(format)) {
    const lengthBytes = description?.video?.avc?.nalLengthSize ?? 4;
    return (sample) => firstSlice(sample, lengthBytes, avcEntry);
  }
  // Their NAL lengths have four bytes in all that writers make.
  return ["hvc1", "hev1"].includes(format) ? (sample) => firstSlice(sample, 4, hevcEntry) : undefined;
}

function firstSlice(sample: Buffer, lengthBytes: number, entryOf: (nal: Uint8Array) => Entry | undefined): Entry {
  for (const { bytes } of nalUnits(sample, lengthBytes)) {
    const entry = entryOf(bytes);
    if (entry !== undefined) return entry;
  }
  return NO_ENTRY;
}

/** `undefined`: no slice. */
function avcEntry(nal: Uint8Array): Entry | undefined {
  const type = avcNalType(nal);
  if (!isAvcSlice(type)) return undefined;
  if (type === AVC_NAL.idrSlice) return CLOSED;
  return type === AVC_NAL.firstSlice && isIntraSlice(nal) ? INTRA : NO_ENTRY;
}

/** Types of ITU-T H.265, table 7-1. `undefined`: no slice. */
function hevcEntry(nal: Uint8Array): Entry | undefined {
  const type = hevcNalType(nal);
  if (!isHevcSlice(type)) return undefined;
  if (!isHevcEntry(type)) return NO_ENTRY;
  return type === HEVC_NAL.cra ? OPEN : CLOSED;
}

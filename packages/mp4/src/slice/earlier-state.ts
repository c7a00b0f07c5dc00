import { MalformedBoxError } from "../errors.ts";
import { readSps } from "../h26x/avc-config.ts";
import { type NalKind, nalKind } from "../h26x/nal-kind.ts";
import { nalUnits } from "../h26x/nal-units.ts";
import type { ByteSource } from "../io/byte-source.ts";
import { memorySource } from "../io/memory-source.ts";
import type { Window } from "../read/locate-movie.ts";
import { firstTrack, type Movie, onlyDescription, type Track } from "../read/movie.ts";
import type { MuxTrack } from "../write/mux-track.ts";
import type { Selection } from "./select-samples.ts";

/** Parameter sets and what encoders say of themselves stand at the head of a sample. */
export const HEAD_BYTES = 4096;
/** Keyframes that are looked into at the same time. */
const AT_ONCE = 8;
/** Keyframes, or fragments, that are looked into: where each look is a request, and where it is none. */
const MOST_ASKED = 64;
export const MOST_SOUGHT = 300;

/**
 * A slice's tracks, its first sample with what earlier samples said that still holds for it. Streams that were muxed as they
 * came change their parameter sets within the samples, some only once; and decoders show 4:4:4 video of x264 before build 151
 * only when they know that it is, which the stream says in its first sample.
 */
export async function withEarlierState(
  { tracks, entry }: Pick<Selection, "tracks" | "entry">,
  movie: Movie,
  source: ByteSource,
  window: Window,
  signal?: AbortSignal,
): Promise<MuxTrack[]> {
  const video = firstTrack(movie, "vide");
  const kind = video && nalKind(video);
  const [track, ...others] = tracks;
  const [first, ...rest] = track?.samples ?? [];
  if (!kind || !track || !first || entry === 0) return tracks;
  const { offset, size } = video.samples;
  const place = (index: number, most = Number.POSITIVE_INFINITY): Place => {
    const from = Math.min(source.size, offset[index] ?? 0);
    return [from, Math.min(source.size, from + Math.min(size[index] ?? 0, most))];
  };
  const setsOf = async (index: number) => {
    const head = place(index, HEAD_BYTES);
    // Some muxers put what comes before a keyframe behind the picture before it.
    const before = index > 0 && source.isNear ? place(index - 1) : undefined;
    const [bytes, bytesBefore] = await readBeside(source, head, before, signal);
    const own = setsIn(headUnits(bytes, kind), kind);
    if (own.length > 0 || !bytesBefore) return { sets: own, isOwn: true };
    return { sets: setsIn(allUnits(bytesBefore, kind), kind), isOwn: false };
  };
  // Often among the bytes that were read for the index.
  const start = headUnits(await window.at(offset[0] ?? 0, Math.min(size[0] ?? 0, HEAD_BYTES)), kind);
  // Streams that bring none at their start may do so later; where each look is a request, that is not sought.
  const startSets = setsIn(start, kind);
  const most = source.isNear ? MOST_SOUGHT : startSets.length > 0 ? MOST_ASKED : 0;
  const nals = [
    ...(most > 0 ? await earlierSets(video, { entry, most, startSets }, setsOf) : []),
    ...(isFullChroma(video) ? start.filter(({ bytes }) => bytes.includes(X264)).map(({ bytes }) => bytes) : []),
  ];
  if (nals.length === 0) return tracks;
  const sample = await source.read(first.offset, first.offset + first.size, signal);
  const bytes = Buffer.concat([...nals.flatMap((nal) => [lengthOf(nal, kind), nal]), sample]);
  const samples = [{ ...first, source: memorySource(bytes), offset: 0, size: bytes.length }, ...rest];
  return [{ ...track, samples }, ...others];
}

type Place = [from: number, to: number];

/** So much is read in one go. */
const BESIDE_BYTES = 256 * 1024;

/** The bytes of a place, and of one shortly before it: in one read where they are near each other. */
async function readBeside(
  source: ByteSource,
  [from, to]: Place,
  before: Place | undefined,
  signal: AbortSignal | undefined,
): Promise<[Uint8Array, Uint8Array?]> {
  if (!before) return [await source.read(from, to, signal)];
  if (before[0] <= from && to - before[0] <= BESIDE_BYTES) {
    const bytes = await source.read(before[0], to, signal);
    return [bytes.subarray(from - before[0]), bytes.subarray(0, before[1] - before[0])];
  }
  return [await source.read(from, to, signal), await source.read(...before, signal)];
}

/** Whether a sample, by its head, brings its parameter sets; undefined of codecs without any. */
export function bringsSets(video: Track, head: Uint8Array): boolean | undefined {
  const kind = nalKind(video);
  return kind && setsIn(headUnits(head, kind), kind).length > 0;
}

/**
 * The parameter sets of the last keyframe before `entry` that has any, unless `entry` has its own, or they are the index's.
 * @param most keyframes that are looked into; behind them, those of the first sample count
 */
async function earlierSets(
  video: Track,
  { entry, most, startSets }: { entry: number; most: number; startSets: Uint8Array[] },
  setsOf: (index: number) => Promise<{ sets: Uint8Array[]; isOwn: boolean }>,
): Promise<Uint8Array[]> {
  const { sets: before, isOwn } = await setsOf(entry);
  if (before.length > 0) return isOwn || isOfIndex(video, before) ? [] : before;
  const keyframes: number[] = [];
  for (let i = entry - 1; i >= 0 && keyframes.length < most; i--) if (video.samples.sync[i] === 1) keyframes.push(i);
  for (let at = 0; at < keyframes.length; at += AT_ONCE) {
    const found = await Promise.all(keyframes.slice(at, at + AT_ONCE).map(setsOf));
    const { sets } = found.find((some) => some.sets.length > 0) ?? {};
    if (sets) return isOfIndex(video, sets) ? [] : sets;
  }
  return isOfIndex(video, startSets) ? [] : startSets;
}

function isOfIndex(video: Track, sets: Uint8Array[]): boolean {
  const entry = Buffer.from(onlyDescription(video)?.entry ?? []);
  return sets.every((set) => entry.includes(Buffer.from(set)));
}

interface Nal {
  type: number;
  bytes: Buffer;
}

/** The NAL units before a sample's first slice. */
function headUnits(head: Uint8Array, kind: NalKind): Nal[] {
  const units = allUnits(head, kind);
  const slice = units.findIndex(({ type }) => kind.isSlice(type));
  return slice < 0 ? units : units.slice(0, slice);
}

function allUnits(sample: Uint8Array, { lengthBytes, typeOf }: NalKind): Nal[] {
  const units: Nal[] = [];
  for (const { bytes, isCut } of nalUnits(sample, lengthBytes)) {
    if (isCut) break;
    units.push({ type: typeOf(bytes), bytes });
  }
  return units;
}

function setsIn(units: readonly Nal[], { setTypes }: NalKind): Uint8Array[] {
  return units.filter(({ type }) => setTypes.has(type)).map(({ bytes }) => bytes);
}

/** The user data by which x264 names its build. */
const X264 = Buffer.from("dc45e9bde6d948b7962cd820d923eeef", "hex");

export function isFullChroma(video: Track): boolean {
  return onlyDescription(video)?.video?.avc?.sps.some((sps) => chromaFormatOf(sps) === 3) ?? false;
}

/** The index may hold a place holder only, and the samples what counts. */
function chromaFormatOf(sps: Uint8Array): number | undefined {
  try {
    return readSps(sps).chromaFormat;
  } catch (error) {
    if (error instanceof MalformedBoxError) return undefined;
    throw error;
  }
}

function lengthOf(nal: Uint8Array, { lengthBytes }: NalKind): Buffer {
  const bytes = Buffer.alloc(lengthBytes);
  bytes.writeUIntBE(nal.length, 0, lengthBytes);
  return bytes;
}

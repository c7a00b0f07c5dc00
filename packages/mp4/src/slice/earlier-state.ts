import { unlessBroken } from "../errors.ts";
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
/** Keyframes that are looked into at the same time: where each look is a request, and where it is none. */
const ASKED_AT_ONCE = 8;
const SOUGHT_AT_ONCE = 32;
/** Keyframes that are looked into: where each look is a request, and where it is none. */
const MOST_ASKED = 64;
const MOST_SOUGHT = 300;

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
  // Often among the bytes that were read for the index.
  const start = headUnits(await window.at(offset[0] ?? 0, Math.min(size[0] ?? 0, HEAD_BYTES)), kind);
  // Streams that bring none at their start may do so later; where each look is a request, that is not sought.
  const startSets = setsIn(start, kind);
  const most = source.readMany ? MOST_SOUGHT : startSets.length > 0 ? MOST_ASKED : 0;
  const atOnce = source.readMany ? SOUGHT_AT_ONCE : ASKED_AT_ONCE;
  const setsOf = (indices: number[]) => setsAt(source, video, kind, indices, signal);
  const nals = [
    ...(most > 0 ? await earlierSets(video, { entry, most, atOnce, startSets }, setsOf) : []),
    ...(isFullChroma(video) ? start.filter(({ bytes }) => bytes.includes(X264)).map(({ bytes }) => bytes) : []),
  ];
  if (nals.length === 0) return tracks;
  const sample = await source.read(first.offset, first.offset + first.size, signal);
  const bytes = Buffer.concat([...nals.flatMap((nal) => [lengthOf(nal, kind), nal]), sample]);
  const samples = [{ ...first, source: memorySource(bytes), offset: 0, size: bytes.length }, ...rest];
  return [{ ...track, samples }, ...others];
}

/** The parameter sets that a sample brings, or the picture before it. */
interface FoundSets {
  sets: Uint8Array[];
  isOwn: boolean;
}

/** So much is read in one go. */
const BESIDE_BYTES = 256 * 1024;

async function setsAt(
  source: ByteSource,
  { samples }: Track,
  kind: NalKind,
  indices: readonly number[],
  signal: AbortSignal | undefined,
): Promise<FoundSets[]> {
  const start = (index: number) => Math.min(source.size, samples.offset[index] ?? 0);
  const end = (index: number, most = Number.POSITIVE_INFINITY) =>
    Math.min(source.size, start(index) + Math.min(samples.size[index] ?? 0, most));
  const looks = indices.map((index) => {
    const [from, to] = [start(index), end(index, HEAD_BYTES)];
    const before = index > 0 && source.readMany ? start(index - 1) : from;
    const isBeside = before < from && end(index - 1) <= from && to - before <= BESIDE_BYTES;
    return isBeside ? { before, endBefore: end(index - 1), from, to } : { before: from, endBefore: from, from, to };
  });
  const places = looks.map(({ before, to }) => [before, to] as const);
  const read = source.readMany
    ? await source.readMany(places, signal)
    : await Promise.all(places.map(([from, to]) => source.read(from, to, signal)));
  return looks.map(({ before, endBefore, from }, i) => {
    const bytes = read[i] ?? new Uint8Array();
    const own = setsIn(headUnits(bytes.subarray(from - before), kind), kind);
    if (own.length > 0) return { sets: own, isOwn: true };
    // Some muxers put what comes before a keyframe behind the picture before it.
    return { sets: setsIn(allUnits(bytes.subarray(0, endBefore - before), kind), kind), isOwn: false };
  });
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
  { entry, most, atOnce, startSets }: { entry: number; most: number; atOnce: number; startSets: Uint8Array[] },
  setsOf: (indices: number[]) => Promise<FoundSets[]>,
): Promise<Uint8Array[]> {
  const [last] = await setsOf([entry]);
  if (last && last.sets.length > 0) return last.isOwn || isOfIndex(video, last.sets) ? [] : last.sets;
  const keyframes: number[] = [];
  for (let i = entry - 1; i >= 0 && keyframes.length < most; i--) if (video.samples.sync[i] === 1) keyframes.push(i);
  for (let at = 0; at < keyframes.length; at += atOnce) {
    const found = await setsOf(keyframes.slice(at, at + atOnce));
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
  const sets = onlyDescription(video)?.video?.avc?.sps ?? [];
  // The index may hold a place holder only, and the samples what counts.
  return sets.some((set) => unlessBroken(() => readSps(set))?.chromaFormat === 3);
}

function lengthOf(nal: Uint8Array, { lengthBytes }: NalKind): Buffer {
  const bytes = Buffer.alloc(lengthBytes);
  bytes.writeUIntBE(nal.length, 0, lengthBytes);
  return bytes;
}

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
  const headOf = (index: number) =>
    [video.samples.offset[index] ?? 0, Math.min(video.samples.size[index] ?? 0, HEAD_BYTES)] as const;
  const read = async (index: number) => {
    const [offset, length] = headOf(index);
    return headUnits(await source.read(offset, Math.min(source.size, offset + length), signal), kind);
  };
  // Often among the bytes that were read for the index.
  const start = headUnits(await window.at(...headOf(0)), kind);
  const nals = [
    ...(start.some(({ type }) => kind.setTypes.has(type)) ? await earlierSets(video, entry, kind, read) : []),
    ...(isFullChroma(video) ? start.filter(({ bytes }) => bytes.includes(X264)).map(({ bytes }) => bytes) : []),
  ];
  if (nals.length === 0) return tracks;
  const sample = await source.read(first.offset, first.offset + first.size, signal);
  const bytes = Buffer.concat([...nals.flatMap((nal) => [lengthOf(nal, kind), nal]), sample]);
  const samples = [{ ...first, source: memorySource(bytes), offset: 0, size: bytes.length }, ...rest];
  return [{ ...track, samples }, ...others];
}

/** Whether a sample, by its head, brings its parameter sets; undefined of codecs without any. */
export function bringsSets(video: Track, head: Uint8Array): boolean | undefined {
  const kind = nalKind(video);
  return kind && headUnits(head, kind).some(({ type }) => kind.setTypes.has(type));
}

/** The parameter sets of the last keyframe before `entry` that has any, unless `entry` has its own, or they are the index's. */
async function earlierSets(
  video: Track,
  entry: number,
  kind: NalKind,
  read: (index: number) => Promise<Nal[]>,
): Promise<Uint8Array[]> {
  const setsOf = async (index: number) => {
    return (await read(index)).filter(({ type }) => kind.setTypes.has(type)).map(({ bytes }) => bytes);
  };
  if ((await setsOf(entry)).length > 0) return [];
  const keyframes = Array.from({ length: entry }, (_, i) => entry - 1 - i).filter((i) => video.samples.sync[i] === 1);
  for (let at = 0; at < keyframes.length; at += AT_ONCE) {
    const found = await Promise.all(keyframes.slice(at, at + AT_ONCE).map(setsOf));
    const sets = found.find((some) => some.length > 0);
    if (sets) return isOfIndex(video, sets) ? [] : sets;
  }
  return [];
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
function headUnits(head: Uint8Array, { lengthBytes, typeOf, isSlice }: NalKind): Nal[] {
  const units: Nal[] = [];
  for (const { bytes, isCut } of nalUnits(head, lengthBytes)) {
    if (isCut || isSlice(typeOf(bytes))) break;
    units.push({ type: typeOf(bytes), bytes });
  }
  return units;
}

/** The user data by which x264 names its build. */
const X264 = Buffer.from("dc45e9bde6d948b7962cd820d923eeef", "hex");

export function isFullChroma(video: Track): boolean {
  return onlyDescription(video)?.video?.avc?.sps.some((sps) => readSps(sps).chromaFormat === 3) ?? false;
}

function lengthOf(nal: Uint8Array, { lengthBytes }: NalKind): Buffer {
  const bytes = Buffer.alloc(lengthBytes);
  bytes.writeUIntBE(nal.length, 0, lengthBytes);
  return bytes;
}

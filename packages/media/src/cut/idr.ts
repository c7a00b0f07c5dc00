import type { ByteSource } from "@camclips/mp4";
import {
  firstTrack,
  nalKind,
  nalUnits,
  onlyDescription,
  pictureOrder,
  presentationSeconds,
  ROUNDING_SECONDS,
  randomAccessPointFor,
  type Track,
} from "@camclips/mp4";
import type { CutRequest, CutSource } from "./cut-plan.ts";
import { setText, setTexts } from "./set-text.ts";
import { rangeOf, Window } from "./window.ts";

/** Delimiter, parameter sets and SEI come before the first slice; 64 kB holds what cameras put there. */
const PROBE_BYTES = 64 * 1024;

interface EntrySample {
  /** Decoding can start with it: an IDR picture, of HEVC any random access point. */
  isEntry: boolean;
  /** Its first slice needs no other picture. */
  isIntra: boolean;
  /** Parameter sets within the sample. */
  sets: Uint8Array[];
}

const NO_ENTRY: EntrySample = { isEntry: false, isIntra: false, sets: [] };

/**
 * Looks into a sample of H.264 or HEVC. A sync sample of H.264 that is no IDR picture (open GOP) is no safe entry.
 * @param most bytes that are read
 */
async function lookInto(source: ByteSource, track: Track, index: number, most = PROBE_BYTES): Promise<EntrySample> {
  const offset = track.samples.offset[index] ?? 0;
  const size = Math.min(track.samples.size[index] ?? 0, most);
  return entrySample(await source.read(offset, offset + size), track);
}

function entrySample(head: Uint8Array, track: Track): EntrySample {
  const kind = nalKind(track);
  if (!kind) return NO_ENTRY;
  const sets: Uint8Array[] = [];
  let entry: Omit<EntrySample, "sets"> | undefined;
  for (const { bytes } of nalUnits(head, kind.lengthBytes)) {
    const type = kind.typeOf(bytes);
    if (kind.setTypes.has(type)) sets.push(bytes);
    if (kind.isSlice(type)) entry ??= { isEntry: kind.isEntry(bytes), isIntra: kind.isIntra(bytes) };
  }
  return { ...NO_ENTRY, ...entry, sets };
}

/** For every part the sample with which copying can start: the first safe entry among its frames, or -1. */
export async function findEntries(request: CutRequest, sources: readonly CutSource[]): Promise<number[]> {
  const entries: number[] = [];
  for (const part of request.parts) {
    const source = sources[part.source];
    const video = source && firstTrack(source.movie, "vide");
    entries.push(source && video ? await findEntry(source.bytes, video, part.cuts) : -1);
  }
  return entries;
}

async function findEntry(
  source: ByteSource,
  video: Track,
  { inSeconds, outSeconds }: { inSeconds: number; outSeconds: number },
): Promise<number> {
  const window = new Window(source);
  const known = knownSets(video);
  for (let i = 0; i < video.samples.count; i++) {
    const seconds = presentationSeconds(video, i);
    if (seconds >= outSeconds) continue;
    // Some muxers put a keyframe's sets behind the picture before it.
    const { isEntry, sets } = entrySample(await window.at(...rangeOf(video, i)), video);
    // Sets that differ from the index's hold until others come, and would also change frames that come from elsewhere.
    if (sets.some((set) => !known.has(setText(set)))) return -1;
    if (video.samples.sync[i] === 1 && isEntry && seconds > inSeconds) return i;
  }
  return -1;
}

/** The first one may be the recording's very first, which is whole everywhere. */
const KEYFRAMES_LOOKED_AT = 2;

/**
 * Whether a source is refreshed little by little: its sync samples are recovery points, at which no picture is whole.
 * Copied, they would be keyframes at which decoders show nothing for as long as the refresh takes.
 */
export async function hasIntraRefresh(sources: readonly CutSource[]): Promise<boolean> {
  for (const { bytes, movie } of sources) {
    const video = firstTrack(movie, "vide");
    const { avc, hevc } = (video && onlyDescription(video)?.video) ?? {};
    if (!video || (avc ?? hevc)?.nalLengthSize !== 4) continue;
    let looked = 0;
    for (let i = 0; i < video.samples.count && looked < KEYFRAMES_LOOKED_AT; i++) {
      if (video.samples.sync[i] !== 1) continue;
      if (!(await lookInto(bytes, video, i)).isIntra) return true;
      looked++;
    }
  }
  return false;
}

/** Where frames are reordered, it shows in so many. */
const SAMPLES_LOOKED_AT = 64;

/** Whether a source's index says that frames are shown as they are stored, and its pictures say otherwise. */
export async function hasUntoldOrder(sources: readonly CutSource[]): Promise<boolean> {
  for (const { bytes, movie } of sources) {
    const video = firstTrack(movie, "vide");
    if (!video || video.samples.compositionOffset.some((offset) => offset !== 0)) continue;
    const samples = { ...video.samples, count: Math.min(video.samples.count, SAMPLES_LOOKED_AT) };
    if (await pictureOrder(bytes, { ...video, samples })) return true;
  }
  return false;
}

/**
 * The sample from which the clip's first frame can be decoded: the last sync sample that is presented no later. When that
 * is no safe entry, the sync sample before it: decoders drop frames after such a start.
 */
export async function findStart({ parts }: CutRequest, sources: readonly CutSource[]): Promise<number> {
  const [part] = parts;
  const source = sources[part?.source ?? -1];
  const video = source && firstTrack(source.movie, "vide");
  if (!part || !video) return 0;
  const { sync, count } = video.samples;
  const isEntry = (i: number) =>
    sync[i] === 1 && presentationSeconds(video, i) <= part.cuts.firstSeconds + ROUNDING_SECONDS;
  let [start, before] = [0, 0];
  for (let i = 0; i < count; i++) if (isEntry(i)) [before, start] = [start, i];
  return (await lookInto(source.bytes, video, start)).isEntry ? start : before;
}

/**
 * The sample of an H.264 or HEVC track from which a frame can be decoded, whatever little of its GOPs the file shows: entryFor, and
 * where that is no safe entry, the sync sample before it.
 */
export async function findEntryFor(source: ByteSource, video: Track, wanted: number): Promise<number> {
  const { index } = randomAccessPointFor(video, wanted);
  if ((await lookInto(source, video, index)).isEntry) return index;
  // A negative start would be counted from the end.
  return index === 0 ? 0 : Math.max(0, video.samples.sync.lastIndexOf(1, index - 1));
}

/** Whether a sample brings parameter sets along that the index has not. */
export async function bringsOtherSets(source: ByteSource, video: Track, index: number): Promise<boolean> {
  const known = knownSets(video);
  const { sets } = await lookInto(source, video, index, Number.POSITIVE_INFINITY);
  return sets.some((set) => !known.has(setText(set)));
}

function knownSets({ descriptions }: Track): ReadonlySet<string> {
  return new Set(descriptions.flatMap(({ video }) => (video ? setTexts(video) : [])));
}

import type { ByteSource } from "@camclips/mp4";
import {
  AVC_NAL,
  avcNalType,
  firstTrack,
  isAvcSlice,
  isIntraSlice,
  nalUnits,
  onlyDescription,
  presentationSeconds,
  ROUNDING_SECONDS,
  randomAccessPointFor,
  type Track,
} from "@camclips/mp4";
import type { CutRequest, CutSource } from "./cut-plan.ts";

/** Delimiter, parameter sets and SEI come before the first slice; 64 kB holds what cameras put there. */
const PROBE_BYTES = 64 * 1024;

interface EntrySample {
  isIdr: boolean;
  /** Its first slice needs no other picture. */
  isIntra: boolean;
  /** Parameter sets within the sample. */
  sets: Uint8Array[];
}

/** Looks into a sample of 4-byte NAL lengths. A sync sample that is no IDR picture (open GOP) is no safe entry. */
async function lookInto(source: ByteSource, track: Track, index: number): Promise<EntrySample> {
  const offset = track.samples.offset[index] ?? 0;
  const size = Math.min(track.samples.size[index] ?? 0, PROBE_BYTES);
  const head = await source.read(offset, offset + size);
  const sets: Uint8Array[] = [];
  for (const { bytes } of nalUnits(head)) {
    const type = avcNalType(bytes);
    if (type === AVC_NAL.sps || type === AVC_NAL.pps) sets.push(bytes);
    if (isAvcSlice(type)) return { isIdr: type === AVC_NAL.idrSlice, isIntra: isIntraSlice(bytes), sets };
  }
  return { isIdr: false, isIntra: false, sets };
}

/** For every part the sample with which copying can start: the first IDR picture among its frames, or -1. */
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
  const known = new Set(video.descriptions.flatMap(({ video: entry }) => setsOf(entry?.avc)));
  for (let i = 0; i < video.samples.count; i++) {
    const seconds = presentationSeconds(video, i);
    if (video.samples.sync[i] !== 1 || seconds >= outSeconds) continue;
    const { isIdr, sets } = await lookInto(source, video, i);
    // Sets that differ from the index's hold until others come, and would also change frames that come from elsewhere.
    if (sets.some((set) => !known.has(text(set)))) return -1;
    if (isIdr && seconds > inSeconds) return i;
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
    if (!video || onlyDescription(video)?.video?.avc?.nalLengthSize !== 4) continue;
    let looked = 0;
    for (let i = 0; i < video.samples.count && looked < KEYFRAMES_LOOKED_AT; i++) {
      if (video.samples.sync[i] !== 1) continue;
      if (!(await lookInto(bytes, video, i)).isIntra) return true;
      looked++;
    }
  }
  return false;
}

/**
 * The sample from which the clip's first frame can be decoded: the last sync sample that is presented no later. When that
 * is no IDR picture, the sync sample before it: decoders drop frames after such a start.
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
  return (await lookInto(source.bytes, video, start)).isIdr ? start : before;
}

/**
 * The sample of an H.264 track from which a frame can be decoded, whatever little of its GOPs the file shows: entryFor, and
 * where that is no IDR picture, the sync sample before it.
 */
export async function findEntryFor(source: ByteSource, video: Track, wanted: number): Promise<number> {
  const { index } = randomAccessPointFor(video, wanted);
  if ((await lookInto(source, video, index)).isIdr) return index;
  // A negative start would be counted from the end.
  return index === 0 ? 0 : Math.max(0, video.samples.sync.lastIndexOf(1, index - 1));
}

function setsOf(avc: { sps: Uint8Array[]; pps: Uint8Array[] } | undefined): string[] {
  return avc ? [...avc.sps, ...avc.pps].map(text) : [];
}

function text(set: Uint8Array): string {
  return Buffer.from(set).toString("latin1");
}

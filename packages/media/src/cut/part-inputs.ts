import { rm } from "node:fs/promises";
import { join } from "node:path";
import {
  AVC_NAL,
  type AvcConfig,
  avcNalType,
  firstTrack,
  MalformedBoxError,
  type MuxSample,
  memorySource,
  nalUnits,
  onlyDescription,
  presentationTicks,
  readSps,
  type SpsInfo,
  samplesOf,
  withLengths,
  writeMovie,
  writeMovieFile,
} from "@camclips/mp4";
import { withoutCrop } from "@camclips/mp4/chain";
import { withAvcConfig } from "./avc-entry.ts";
import type { CutSource, EncodeSegment } from "./cut-plan.ts";
import { encodeSegments, type PartInput } from "./part-arguments.ts";
import type { PreparedCut } from "./prepare-cut.ts";
import { setText } from "./set-text.ts";

/** What encode segments are decoded from: their sources, and of chains files that are made for it and removed at the end. */
export async function partInputs(
  { plan, sources }: Pick<PreparedCut, "plan" | "sources">,
  { scratch, signal }: { scratch: string; signal?: AbortSignal | undefined },
): Promise<{ list: PartInput[] } & AsyncDisposable> {
  await using files = new AsyncDisposableStack();
  const list: PartInput[] = [];
  for (const [i, segment] of encodeSegments(plan).entries()) {
    const source = sources[segment.source];
    if (!source) throw new RangeError(`there is no source ${segment.source}`);
    if (!segment.chain) {
      list.push({ path: source.path });
      continue;
    }
    const path = join(scratch, `entry-${i}.mp4`);
    files.defer(() => rm(path, { force: true }));
    list.push({ path, crop: await writeEntrySource(path, source, segment, signal) });
  }
  const made = files.move();
  return { list, [Symbol.asyncDispose]: () => made.disposeAsync() };
}

/** Width and height of a visual sample entry: ISO/IEC 14496-12, 12.1.3.2. */
const SIZE_AT = 8 + 24;

/**
 * Writes the frames from which a chain's first picture is decoded, and those that are looked at behind it, at their own times. Nothing of
 * them is cropped: what frames behind the picture take from it may lie outside of what is shown.
 * @returns what is shown of them, pixels
 */
async function writeEntrySource(
  path: string,
  source: CutSource,
  { chain }: EncodeSegment,
  signal?: AbortSignal,
): Promise<SpsInfo["crop"]> {
  const video = firstTrack(source.movie, "vide");
  const description = video && onlyDescription(video);
  const avc = description?.video?.avc;
  const sps = avc?.sps.map(readSps).find(({ id }) => id === chain?.spsId);
  if (!video || !avc || !sps || !chain) throw new MalformedBoxError("a chain of pictures needs H.264");
  const { codedWidth, codedHeight, crop } = sps;
  const entry = Buffer.from(description.entry);
  entry.writeUInt16BE(codedWidth, SIZE_AT);
  entry.writeUInt16BE(codedHeight, SIZE_AT + 2);
  const samples: MuxSample[] = [];
  for (const sample of samplesOf(video, source.bytes, chain.keyframe, chain.looked))
    samples.push(sample.sync ? await withoutSets(sample, avc) : sample);
  const track = {
    ...video,
    descriptions: [withAvcConfig(entry, { ...avc, sps: avc.sps.map(withoutCrop) })],
    samples: samples.map((sample) => ({ ...sample, description: 0 })),
    edit: { ...video.edit, from: presentationTicks(video, chain.keyframe), to: Number.POSITIVE_INFINITY },
  };
  await writeMovieFile(path, writeMovie([track], { order: "source" }), signal);
  return crop;
}

/** A keyframe without the parameter sets that it brings along: they would crop what it shows. */
async function withoutSets(sample: MuxSample, { sps, pps }: AvcConfig): Promise<MuxSample> {
  const { source, offset, size } = sample;
  const known = new Set([...sps, ...pps].map(setText));
  const units = [...nalUnits(await source.read(offset, offset + size))].map(({ bytes }) => bytes);
  const isSet = (nal: Uint8Array) => avcNalType(nal) === AVC_NAL.sps || avcNalType(nal) === AVC_NAL.pps;
  if (units.some((nal) => isSet(nal) && !known.has(setText(nal))))
    throw new MalformedBoxError("a keyframe has other parameter sets than the index");
  const bytes = withLengths(units.filter((nal) => !isSet(nal)));
  return { ...sample, source: memorySource(bytes), offset: 0, size: bytes.length };
}

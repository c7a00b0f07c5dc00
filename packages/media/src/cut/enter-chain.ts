import { readFile } from "node:fs/promises";
import { firstTrack, MalformedBoxError, memorySource, onlyDescription, readSps, withLengths } from "@camclips/mp4";
import { losslessPps, losslessSlice } from "@camclips/mp4/chain";
import { VerificationError } from "../errors.ts";
import type { CutPlan, CutSource, EncodeSegment } from "./cut-plan.ts";
import { mostEntryBytes } from "./entry-limit.ts";

/**
 * The first picture of a chain as a file of one sample, bit for bit what decoders show of the recording there. It goes with the sequence
 * set of the pictures behind it, and a picture set of its own.
 * @param path of the decoded picture, all that is coded
 * @throws VerificationError when it takes more bytes than the stream's level allows
 */
export async function enteredPicture(
  path: string,
  { inSeconds, outSeconds, chain }: EncodeSegment,
  plan: CutPlan,
  source: CutSource | undefined,
): Promise<CutSource> {
  const { video, avc } = avcTrack(source);
  const sps = avc.sps.map(readSps).find(({ id }) => id === chain?.spsId);
  if (!source || !sps || plan.encoder.codec !== "h264") throw new MalformedBoxError(`${path} belongs to no chain`);
  const { codedWidth: width, codedHeight: height } = sps;
  const picture = { width, height, bytes: await readFile(path) };
  if (picture.bytes.length !== (width * height * 3) / 2)
    throw new MalformedBoxError(`${path} is not one whole picture`);
  const { entryPpsId } = plan.encoder;
  const most = mostEntryBytes(sps, outSeconds - inSeconds);
  const slice = losslessSlice(picture, { ...sps, ppsId: entryPpsId }, most);
  if (!slice) throw new VerificationError(`without loss, a picture takes more bytes than its level allows: ${most}`);
  const bytes = withLengths([slice]);
  const pps = [losslessPps({ id: entryPpsId, spsId: sps.id })];
  const descriptions = video.descriptions.map((description) => {
    return { ...description, video: description.video && { ...description.video, avc: { ...avc, pps } } };
  });
  const samples = { ...video.samples, ...ONE_SAMPLE, size: Uint32Array.of(bytes.length) };
  const track = { ...video, descriptions, samples };
  return { path, bytes: memorySource(bytes), movie: { ...source.movie, tracks: [track] } };
}

const ONE_SAMPLE = {
  count: 1,
  offset: Float64Array.of(0),
  dts: Float64Array.of(0),
  duration: Uint32Array.of(1),
  compositionOffset: Int32Array.of(0),
  sync: Uint8Array.of(1),
  description: Uint16Array.of(0),
};

export function avcTrack(source: CutSource | undefined) {
  const video = source && firstTrack(source.movie, "vide");
  const avc = video && onlyDescription(video)?.video?.avc;
  if (!video || !avc) throw new MalformedBoxError(`${source?.path ?? "a part"} holds no H.264`);
  return { video, avc };
}

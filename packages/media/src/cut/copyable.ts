import {
  type AvcConfig,
  HEVC_SETS,
  type HevcConfig,
  hevcSets,
  isPresented,
  onlyDescription,
  presentationTicks,
  readHevcSps,
  readSps,
  type SampleDescription,
  type Track,
} from "@camclips/mp4";
import type { AvcPartEncoder, CutRequest } from "./cut-plan.ts";

const PROFILES: Record<number, AvcPartEncoder["profile"]> = { 66: "baseline", 77: "main", 100: "high" };

/**
 * Why samples of these sources cannot stand beside each other in one track, or `undefined` when they can.
 *
 * @param videos the video track of every source, by the source's index
 */
export function whyNotCopied(request: CutRequest, videos: readonly (Track | undefined)[]): string | undefined {
  if (request.leadFrames > 0) return "the clip starts with a gap that is filled with black";
  if (request.parts.some(({ fill }) => fill.kind === "black" && fill.frames > 0)) return "a gap is filled with black";
  // Seeking to an instant far behind the start of the last frame finds nothing in many players, and no thumbnail.
  if ((request.parts.at(-1)?.fill.frames ?? 0) > 0) return "the last frame stands to the end of the clip";
  const tracks = [...new Set(request.parts.map(({ source }) => videos[source]))];
  for (const track of tracks) {
    const reason = track ? whyNotTrack(track, request) : "a recording has no video track that can be read";
    if (reason) return reason;
  }
  return whyDifferent(tracks.filter((track) => track !== undefined));
}

function whyNotTrack(track: Track, { codec }: CutRequest): string | undefined {
  const description = onlyDescription(track);
  if (!description) return "the video changes its format within a recording";
  const { format, video } = description;
  const hevc = format === "hvc1" || format === "hev1" ? video?.hevc : undefined;
  if (hevc && codec === "source") return whyNotHevc(description, hevc) ?? whyNotMonotonic(track);
  if (format === "avc1" && video?.avc) return whyNotH264(video.avc) ?? whyNotMonotonic(track);
  if (hevc) return `the video is ${format} (H.265), and H.264 was asked for: codec "source" copies it`;
  return `the video is ${format}, not H.264 (avc1)${codec === "source" ? " or H.265 (hvc1, hev1)" : ""}`;
}

const NO_SETS = "the parameter sets are not in the file's index";

function whyNotH264(avc: AvcConfig): string | undefined {
  if (avc.nalLengthSize !== 4) return `NAL lengths have ${avc.nalLengthSize} bytes, not 4`;
  if (avc.sps.length === 0 || avc.pps.length === 0) return NO_SETS;
  return avc.sps.map(whyNotSps).find((reason) => reason !== undefined);
}

/** general_profile_idc, ITU-T H.265, A.3: Main, Main 10, still pictures, and range extensions, which has the intra profiles. */
const HEVC_PROFILES = new Set([1, 2, 3, 4]);

function whyNotHevc({ entry }: SampleDescription, hevc: HevcConfig): string | undefined {
  if (hevc.nalLengthSize !== 4) return `NAL lengths have ${hevc.nalLengthSize} bytes, not 4`;
  if (Object.values(HEVC_SETS).some((type) => hevcSets(hevc, type).length === 0)) return NO_SETS;
  // A second layer (ISO/IEC 14496-15, 9): the frames that are encoded would have none.
  if (Buffer.from(entry).includes("lhvC")) return "the video has several layers (MV-HEVC)";
  return hevcSets(hevc, HEVC_SETS.sps)
    .map(whyNotHevcSps)
    .find((reason) => reason !== undefined);
}

function whyNotHevcSps(nal: Uint8Array): string | undefined {
  const { profile, bitDepth, chromaFormat, interlaced } = readHevcSps(nal);
  if (!HEVC_PROFILES.has(profile)) return `the H.265 profile is ${profile}, not Main, Main 10 or a range extension`;
  if (bitDepth.luma !== bitDepth.chroma || ![8, 10].includes(bitDepth.luma))
    return `the video has ${bitDepth.luma} and ${bitDepth.chroma} bits per value, not 8 or 10`;
  if (chromaFormat !== 1) return "the video is not 4:2:0";
  return interlaced ? "the video is interlaced" : undefined;
}

function whyNotSps(nal: Uint8Array): string | undefined {
  const sps = readSps(nal);
  if (!PROFILES[sps.profile]) return `the H.264 profile is ${sps.profile}, not Baseline, Main or High`;
  if (sps.bitDepth !== 8) return `the video has ${sps.bitDepth} bits per value, not 8`;
  if (sps.chromaFormat !== 1) return "the video is not 4:2:0";
  return sps.progressive ? undefined : "the video is interlaced";
}

function whyNotMonotonic(track: Track): string | undefined {
  const shown: number[] = [];
  for (let i = 0; i < track.samples.count; i++) {
    if (i > 0 && (track.samples.dts[i] ?? 0) <= (track.samples.dts[i - 1] ?? 0)) return "its time stamps do not rise";
    if (isPresented(track, i)) shown.push(presentationTicks(track, i));
  }
  shown.sort((a, b) => a - b);
  // ffmpeg moves such a timeline to its first frame, so frames that it encodes would not fit between copied ones.
  if (Math.abs((shown[0] ?? 0) - track.edit.from) > 1 && hidesFrames(track)) {
    return "its edit list starts within a frame";
  }
  return shown.some((ticks, i) => ticks === shown[i - 1]) ? "two frames have the same time stamp" : undefined;
}

function hidesFrames(track: Track): boolean {
  for (let i = 0; i < track.samples.count; i++) if (presentationTicks(track, i) < track.edit.from - 0.5) return true;
  return false;
}

function whyDifferent(tracks: Track[]): string | undefined {
  const [first, ...others] = tracks;
  if (!first) return "the clip has no frames";
  for (const other of others) {
    if (codecOf(first) !== codecOf(other))
      return `the recordings differ in codec: ${codecOf(first)} and ${codecOf(other)}`;
    if (size(first) !== size(other)) return `the recordings differ in size: ${size(first)} and ${size(other)}`;
    if (Buffer.compare(first.matrix, other.matrix) !== 0) return "the recordings are rotated differently";
    if (parameterSets(first) !== parameterSets(other))
      return "the recordings were encoded with different parameter sets";
  }
  return undefined;
}

/** The sample entry's type: parameter sets may stand within the samples of one, and not of the other. */
function codecOf(track: Track): string | undefined {
  return onlyDescription(track)?.format;
}

function size(track: Track): string {
  const video = onlyDescription(track)?.video;
  const [horizontal, vertical] = video?.sampleAspect ?? [1, 1];
  return `${video?.width}x${video?.height}${horizontal === vertical ? "" : ` (sample aspect ${horizontal}:${vertical})`}`;
}

function parameterSets(track: Track): string {
  const { avc, hevc } = onlyDescription(track)?.video ?? {};
  return [...(avc?.sps ?? []), ...(avc?.pps ?? []), ...(hevc ? hevcSets(hevc) : [])]
    .map((set) => Buffer.from(set).toString("base64"))
    .join(" ");
}

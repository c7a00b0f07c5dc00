import type { Codec } from "@camclips/events";
import type { ByteSource, HevcIds, Movie, MuxSample, SpsInfo } from "@camclips/mp4";
import type { ChainOrigin } from "@camclips/mp4/chain";
import type { Piece } from "../timeline/timeline.ts";

/** A clip's pieces in order of time. Gaps are settled: they are in `outSeconds`. */
export interface CutRequest {
  parts: readonly Piece[];
  /** Black frames before the first piece. */
  leadFrames: number;
  durationSeconds: number;
  /** Absent: H.264, whatever the recordings have. */
  codec?: Codec | undefined;
}

/** An opened source. */
export interface CutSource {
  path: string;
  bytes: ByteSource;
  movie: Movie;
}

/**
 * H.264 frames before a keyframe of which each needs only the one before. All but the first are copied: decoders get them behind a
 * picture that is encoded without loss, and count from that.
 */
export interface PictureChain {
  /** The sample that is encoded. */
  entry: number;
  /** The sample from which it can be decoded, and when it is shown, seconds. */
  keyframe: number;
  keyframeSeconds: number;
  /** The sample behind the last one of the chain. */
  until: number;
  origin: ChainOrigin;
  /** Bytes of the samples from the entry on, once they are counted from it; 0 of the entry itself. */
  sizes: Uint32Array;
  /** Of the sequence parameter set that all use. */
  spsId: number;
  /** What is shown of the pixels that are coded. */
  crop: SpsInfo["crop"];
}

/** Samples `first` to `last` (decode order, inclusive), taken as they are. Decoding can start with the first. */
export interface CopySegment {
  kind: "copy";
  source: number;
  first: number;
  last: number;
  /** So many samples behind the first are left out: they are shown before it, and may need what was stored before it. */
  leading?: number;
  /** Clip time minus source time. */
  offsetSeconds: number;
  /** Its first samples follow a picture that is encoded, and are counted from that. */
  chain?: PictureChain;
}

/** Where the bytes of a copied sample are that goes into a clip otherwise than its recording has it. */
export type ChangedSample = Pick<MuxSample, "source" | "offset" | "size">;

/** Frames that have to be decoded and encoded again. */
export interface EncodeSegment {
  kind: "encode";
  source: number;
  /** Presentation times of the frames on the source's timeline, ascending. */
  frameSeconds: number[];
  /** Instants between frames that cut exactly these frames out of the source. */
  inSeconds: number;
  outSeconds: number;
  offsetSeconds: number;
  /** It is the first picture of a chain, which goes on in the segment behind it. */
  chain?: EnteredChain;
}

interface EnteredChain extends PictureChain {
  /** The last sample that is looked at in the clip, and when all those behind the picture are shown in the source. */
  looked: number;
  lookedSeconds: number[];
}

export type Segment = CopySegment | EncodeSegment;

/** How the frames that are encoded have to be made, so that they can stand beside the copied ones. */
export type PartEncoder = AvcPartEncoder | HevcPartEncoder;

export interface AvcPartEncoder {
  codec: "h264";
  profile: "baseline" | "main" | "high";
  /** Sequence and picture parameter set id that the sources do not use. */
  spsId: number;
  /** Another picture parameter set id that they do not use. */
  entryPpsId: number;
}

interface HevcPartEncoder {
  codec: "hevc";
  /** Of the parameter sets, which the sources do not use; they are given after encoding. */
  ids: HevcIds;
}

export interface CutPlan {
  way: "smart" | "fast";
  segments: Segment[];
  encoder: PartEncoder;
  parts: readonly Piece[];
  durationSeconds: number;
  copiedFrames: number;
  encodedFrames: number;
  /** In words that a user understands. */
  why: string;
}

/** The samples of a segment that are taken, in decode order. */
export function copiedSamples({ first, last, leading = 0 }: CopySegment): number[] {
  return [first, ...Array.from({ length: last - first - leading }, (_, i) => first + leading + 1 + i)];
}

/** Samples cannot be kept: all frames have to be encoded again. */
export interface NoPlan {
  way: "exact";
  why: string;
}

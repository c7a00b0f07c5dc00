export { CorruptSourceError, MalformedBoxError, OutsideMediaError, UnsupportedStructureError } from "./errors.ts";
export { type AvcConfig, readPpsIds, readSps, type SpsInfo, writeAvcConfig } from "./h26x/avc-config.ts";
export { findBrokenSample } from "./h26x/broken-sample.ts";

export { HEVC_SETS, type HevcConfig, hevcSetId, hevcSets, readHevcSps, writeHevcConfig } from "./h26x/hevc-config.ts";
export { freeHevcIds, type HevcIds, withHevcIds } from "./h26x/hevc-ids.ts";
export { nalKind } from "./h26x/nal-kind.ts";
export {
  AVC_NAL,
  avcNalType,
  HEVC_NAL,
  hevcNalType,
  isAvcSlice,
  isHevcSet,
  isHevcSlice,
  nalUnits,
  withLengths,
  withoutTrailingZeros,
} from "./h26x/nal-units.ts";
export { pictureOrder } from "./h26x/picture-order.ts";
export { type SampleKind, sampleKinds } from "./h26x/sample-kinds.ts";
export { isIntraSlice } from "./h26x/slice-type.ts";
export type { ByteSource } from "./io/byte-source.ts";
export { fileSource } from "./io/file-source.ts";
export { memorySource } from "./io/memory-source.ts";
export { urlSource } from "./io/url-source.ts";
export { boxesIn } from "./read/boxes.ts";
export { FOREIGN_HEAD_BYTES, foreignContainer } from "./read/foreign-container.ts";
export {
  FRAME_TOLERANCE_SECONDS,
  firstTrack,
  isPresented,
  type Movie,
  onlyDescription,
  presentationSeconds,
  presentationTicks,
  presentedRange,
  presentedSeconds,
  presentedSpans,
  ROUNDING_SECONDS,
  randomAccessPointFor,
  type SampleTable,
  shownAt,
  TIME_TOLERANCE_SECONDS,
  type Track,
} from "./read/movie.ts";
export { readMovie } from "./read/read-movie.ts";
export { MOST_PIXELS, type SampleDescription, TOO_LARGE, VISUAL_ENTRY_BYTES } from "./read/sample-description.ts";
export { spansOf, usualDuration } from "./read/spans.ts";
export { isHeard } from "./slice/is-heard.ts";
export { readPlainTimeline } from "./slice/plain-timeline.ts";
export { type PictureFormat, type RecordingTimeline, readTimeline } from "./slice/read-timeline.ts";
export type { Beside, Hole, Slice, SliceRange, TimelineStarts } from "./slice/slice.ts";
export { sliceRecording } from "./slice/slice-recording.ts";
export { frameBytesOf, type MuxSample, type MuxTrack, samplesOf } from "./write/mux-track.ts";
export { pictureTrack, type TimedPicture } from "./write/picture-track.ts";
export { type TimedText, textTrack } from "./write/text-track.ts";
export { box } from "./write/write-boxes.ts";
export { writeMovie } from "./write/write-movie.ts";
export { writeMovieFile } from "./write/write-movie-file.ts";

export { findBrokenSample } from "./broken-sample.ts";
export type { CutPart, CutPlan, CutRequest, CutSource, EncodeSegment, NoPlan } from "./cut/cut-plan.ts";
export { findEntries, findStart, hasIntraRefresh } from "./cut/idr.ts";
export { muxClip, openSources } from "./cut/mux-clip.ts";
export { copiedAudio } from "./cut/place-audio.ts";
export { planCut } from "./cut/plan-cut.ts";
export { planFast } from "./cut/plan-fast.ts";
export { MalformedBoxError, OutsideMediaError } from "./errors.ts";
export { fileSource } from "./file-source.ts";
export {
  entryFor,
  firstTrack,
  isPresented,
  type Movie,
  presentationSeconds,
  presentedRange,
  presentedSeconds,
  type SampleTable,
  shownAt,
  TIME_TOLERANCE_SECONDS,
  type Track,
} from "./movie.ts";
export { readMovie } from "./read-movie.ts";
export { sliceRecording } from "./slice-recording.ts";

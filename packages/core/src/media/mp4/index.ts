export { OutsideMediaError } from "./errors.ts";
export { fileSource } from "./file-source.ts";
export {
  firstTrack,
  isPresented,
  type Movie,
  presentationSeconds,
  presentedRange,
  presentedSeconds,
  type SampleTable,
  type Track,
} from "./movie.ts";
export { readMovie } from "./read-movie.ts";
export { sliceRecording } from "./slice-recording.ts";

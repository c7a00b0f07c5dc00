export { type Camera, type CameraOptions, makeCamera, recordingName } from "./camera.ts";
export { type AudioOnset, readAudioOnsets } from "./read-audio-onsets.ts";
export { type DecodedFrame, readFrameCodes } from "./read-frame-codes.ts";
export {
  makeRecording,
  type RecordedFrame,
  type Recording,
} from "./recording.ts";
export type { Container, RecordingOptions } from "./recording-options.ts";

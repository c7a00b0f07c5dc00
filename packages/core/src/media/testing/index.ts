export { type Camera, type CameraOptions, makeCamera, recordingName } from "./camera.ts";
export { type AudioOnset, readAudioOnsets } from "./read-audio-onsets.ts";
export { type DecodedFrame, readFrameCodes } from "./read-frame-codes.ts";
export {
  type Container,
  makeRecording,
  type RecordedFrame,
  type Recording,
  type RecordingOptions,
} from "./recording.ts";

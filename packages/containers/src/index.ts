export { type Container, type RecordingSlice, readTimeline, sliceRecording } from "./slice-recording.ts";

export { indexedCameras } from "./camera-service.ts";
export type { CameraCoverage, CoverageGap, Span } from "./coverage.ts";
export { frameAt } from "./frame.ts";
export { locatedIn } from "./located.ts";
export { openRecording } from "./open-recording.ts";
export { type CameraSummary, type RecordingProblem, RecordingsIndex } from "./recordings-index.ts";
export type { RecordingRow } from "./rows.ts";
export { wakeWaiting } from "./wake-waiting.ts";

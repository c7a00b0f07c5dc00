export * from "./camera-service.ts";
export { createLocalCameras, type LocalCamera } from "./cameras.ts";
export { createFolderStore } from "./folder-store.ts";
export { StateInUseError } from "./owner.ts";
export { type DeadLetter, LocalRuntime, type LocalRuntimeOptions, STATE_FILE } from "./runtime.ts";
export { createSqliteRecords, latestClipIn } from "./sqlite/clip-records.ts";
export { StateFile } from "./sqlite/state-file.ts";

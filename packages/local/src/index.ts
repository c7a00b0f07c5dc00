export * from "./camera-service.ts";
export { createLocalCameras, type LocalCamera } from "./cameras.ts";
export { createFolderStore } from "./folder-store.ts";
export { createLogFile, LOG_FILES } from "./log-file.ts";
export { type OperatorPorts, operatorPorts } from "./operator-ports.ts";
export { StateInUseError } from "./owner.ts";
export { LocalRuntime, type LocalRuntimeOptions, STATE_FILE } from "./runtime.ts";
export { createSqliteRecords, latestClipIn } from "./sqlite/clip-records.ts";
export { StateFile } from "./sqlite/state-file.ts";

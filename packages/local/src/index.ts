export * from "./camera-service.ts";
export { createFolderStore } from "./folder-store.ts";
export { StateInUseError } from "./lock.ts";
export { type DeadLetter, LocalRuntime, type LocalRuntimeOptions } from "./runtime.ts";

export * from "./camera-service.ts";
export { createFolderStore } from "./folder-store.ts";
export { StateInUseError } from "./owner.ts";
export { type DeadLetter, LocalRuntime, type LocalRuntimeOptions, STATE_FILE } from "./runtime.ts";
export { type Asked, askedAs, askedUnder, putAsked, putTold, toldOf } from "./sqlite/asked.ts";
export { type ClipPage, type ClipQuery, countClips, type ListedClip, listClips } from "./sqlite/clip-list.ts";
export { createSqliteRecords, latestClipIn } from "./sqlite/clip-records.ts";
export { StateFile } from "./sqlite/state-file.ts";

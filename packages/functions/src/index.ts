export { type Cancellation, type CancelPorts, cancelClip } from "./operator/cancel-clip.ts";
export { DEAD_LETTER_QUEUES, type DeadWork, lookIntoDeadLetters } from "./operator/dead-letters.ts";
export {
  clipIn,
  type Desk,
  type KnownClip,
  type QueueDepth,
  type Redrive,
  type Redriven,
  type WantedClips,
} from "./operator/desk.ts";
export { inOrder, latestFirst } from "./operator/latest-first.ts";
export { type KnownGroup, listGroups, type WantedGroups } from "./operator/list-groups.ts";
export { isWanted, LEVELS, type LogLine, readLine, type WantedLines } from "./operator/log-line.ts";
export { type GroupView, lookAtGroup } from "./operator/look-at-group.ts";
export {
  type ClipReplay,
  NOT_REDRIVEN,
  type Replayed,
  redrivenBody,
  replayFrom,
  replayName,
} from "./operator/reruns.ts";
export type { Deps, Log, Metrics, MetricUnit, Scratch } from "./runtime/deps.ts";
export { CONTENT_TYPES } from "./runtime/files.ts";
export { createOutbox, eventsOf, resultOf } from "./runtime/outbox.ts";
export { processMessage, type StageHandler, type StageMessage } from "./runtime/process.ts";
export { createScratch, sweepScratch } from "./runtime/scratch.ts";
export { openSliced } from "./sources/open-sliced.ts";
export { recordedInterval, recordedVideo, zeroMsOf } from "./sources/recorded-interval.ts";

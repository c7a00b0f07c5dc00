import * as z from "zod/mini";
import { type CamclipsEvent, defineEvent, type EventDefinition, type EventOf, type Fact } from "./define.ts";
import { evidence, findings } from "./evidence.ts";
import { answerableRequest, clipRequest } from "./request.ts";
import {
  coverage,
  footage,
  gap,
  groupId,
  groupItem,
  groupResult,
  groupStatus,
  id,
  interval,
  locatedSource,
  previewFiles,
  reason,
  rejectedStatus,
  renderedClip,
  stagedSource,
  terminalStatus,
  thumbnail,
} from "./schemas.ts";

/**
 * Every event, in pipeline order: the six stage events, the three branches, then those of groups. An event carries what the next stage
 * needs: ids, keys and numbers, never video bytes.
 */

export const RequestAccepted = defineEvent("RequestAccepted", 1, {
  summary: "A request was read, is new or known with the same content, and its deadline is being watched.",
  data: z.object({ request: clipRequest }),
});

export const SourcesLocated = defineEvent("SourcesLocated", 1, {
  summary: "The recordings that hold the range (or all of it that will ever exist) are known.",
  data: z.object({
    request: clipRequest,
    alias: z.string(),
    sources: z.array(locatedSource).check(z.minLength(1)),
    /** Recordings of the range that are not needed, unless the sources hold less than they claim. */
    others: z.optional(z.array(footage)),
    gaps: z.array(gap),
  }),
});

export const SourcesDownloaded = defineEvent("SourcesDownloaded", 1, {
  summary: "Every source is in the work bucket, cut down to what the clip needs.",
  data: z.object({
    request: clipRequest,
    /** The camera's name, for people. Older events have none. */
    alias: z.optional(z.string()),
    sources: z.array(stagedSource).check(z.minLength(1)),
    gaps: z.array(gap),
  }),
});

export const ClipRendered = defineEvent("ClipRendered", 1, {
  summary: "The clip is cut, verified, and is stored under its final key.",
  data: z.object({
    request: clipRequest,
    clip: renderedClip,
    coverage,
    /** The clip that it is a copy of: the same cut was made before. */
    reusedFrom: z.optional(id),
    /** Of such a clip: the pictures beside that one. */
    pictures: z.optional(z.object({ thumbnails: z.array(thumbnail), preview: z.optional(previewFiles) })),
    /** Where clips are signed: what is to be signed of it. */
    findings: z.optional(findings),
  }),
});

export const ThumbnailsRendered = defineEvent("ThumbnailsRendered", 1, {
  summary: "Every thumbnail is stored under its final key, and the preview where one was asked for.",
  data: z.object({
    request: clipRequest,
    clip: renderedClip,
    coverage,
    thumbnails: z.array(thumbnail).check(z.minLength(1)),
    preview: z.optional(previewFiles),
    reusedFrom: z.optional(id),
    /** The signed manifest, where there is one. */
    evidence: z.optional(evidence),
  }),
});

export const ClipPublished = defineEvent("ClipPublished", 1, {
  summary: "A terminal status was told to the camera service and to the topic.",
  data: z.object({
    status: terminalStatus,
    reason: z.optional(reason),
    /** The contract's metadata (sections 5 and 7), as it was sent. */
    clipMetadata: z.record(z.string(), z.json()),
    /** `false` in a side-effect-free replay. */
    notified: z.boolean(),
    /** The camera service refused the status for good, in its words; subscribers were told all the same. */
    putRefused: z.optional(z.string()),
  }),
});

export const SourcesPending = defineEvent("SourcesPending", 1, {
  summary: "Footage is missing and may still come: another attempt is due.",
  data: z.object({
    request: clipRequest,
    reason,
    missing: z.array(interval).check(z.minLength(1)),
    nextAttemptMs: z.int(),
  }),
});

export const ClipRejected = defineEvent("ClipRejected", 1, {
  summary: "The request is decided without a clip; trying again would not help.",
  data: z.object({
    request: answerableRequest,
    status: rejectedStatus,
    reason,
    /** For people: what was wrong and what to do. */
    message: z.string(),
    coverage: z.optional(coverage),
    /** Of OVERLOADED: when to ask again. */
    retryAfterSeconds: z.optional(z.int().check(z.positive())),
    /** The clipId is taken by another range, whose status at the camera service must stand. */
    conflict: z._default(z.boolean(), false),
  }),
});

export const ClipFailed = defineEvent("ClipFailed", 1, {
  summary: "A stage gave up, or the deadline passed.",
  data: z.object({
    request: answerableRequest,
    stage: z.string(),
    reason,
    message: z.string(),
  }),
});

export const GroupAccepted = defineEvent("GroupAccepted", 1, {
  summary: "Every item of a group was taken up or refused, and the deadline of the last one is being watched.",
  data: z.object({ groupId, items: z.array(groupItem).check(z.minLength(1)) }),
});

export const GroupCompleted = defineEvent("GroupCompleted", 1, {
  summary: "Every item of a group is decided, and subscribers were told of all at once.",
  data: z.object({ groupId, status: groupStatus, items: z.array(groupResult).check(z.minLength(1)) }),
});

export const catalog = [
  RequestAccepted,
  SourcesLocated,
  SourcesDownloaded,
  ClipRendered,
  ThumbnailsRendered,
  ClipPublished,
  SourcesPending,
  ClipRejected,
  ClipFailed,
  GroupAccepted,
  GroupCompleted,
] as const;

export type AnyEvent = EventOf<(typeof catalog)[number]>;
export type EventType = AnyEvent["type"];
export type AnyFact = AnyEvent extends infer E
  ? E extends CamclipsEvent<infer N, infer D>
    ? Fact<N, D>
    : never
  : never;

const byType = new Map<string, EventDefinition>(catalog.map((definition) => [definition.type, definition]));

const versions = Object.fromEntries(catalog.map(({ type, version }) => [type, version])) as Record<EventType, number>;

/** The version that events of this type are written in now. */
export function versionOf(type: EventType): number {
  return versions[type];
}

/** The definition behind an event's type; undefined for a type the catalogue does not have. */
export function definitionOf(type: string): EventDefinition | undefined {
  return byType.get(type);
}

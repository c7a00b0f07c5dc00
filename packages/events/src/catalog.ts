import * as z from "zod";
import { type CamclipsEvent, defineEvent, type EventDefinition, type EventOf, type Fact } from "./define.ts";
import {
  answerableRequest,
  clipRequest,
  coverage,
  gap,
  interval,
  locatedSource,
  reason,
  renderedClip,
  stagedSource,
  status,
  thumbnail,
} from "./values.ts";

/**
 * Every event, in pipeline order: the six stage events, then the three branches. An event carries what the next stage
 * needs: ids, keys and numbers, never video bytes.
 */

/** A request was read, is new or known with the same content, and its deadline is being watched. */
export const RequestAccepted = defineEvent("RequestAccepted", 1, z.object({ request: clipRequest }));

/** The recordings that hold the range (or all of it that will ever exist) are known. */
export const SourcesLocated = defineEvent(
  "SourcesLocated",
  1,
  z.object({
    request: clipRequest,
    alias: z.string(),
    sources: z.array(locatedSource).min(1),
    gaps: z.array(gap),
  }),
);

/** Every source lies in the work bucket, cut down to what the clip needs. */
export const SourcesDownloaded = defineEvent(
  "SourcesDownloaded",
  1,
  z.object({
    request: clipRequest,
    sources: z.array(stagedSource).min(1),
    gaps: z.array(gap),
  }),
);

/** The clip is cut, verified, and lies under its final key. */
export const ClipRendered = defineEvent(
  "ClipRendered",
  1,
  z.object({ request: clipRequest, clip: renderedClip, coverage }),
);

/** Every thumbnail lies under its final key. */
export const ThumbnailsRendered = defineEvent(
  "ThumbnailsRendered",
  1,
  z.object({ request: clipRequest, clip: renderedClip, coverage, thumbnails: z.array(thumbnail).min(1) }),
);

/** A terminal status was told to the camera service and to the topic. */
export const ClipPublished = defineEvent(
  "ClipPublished",
  1,
  z.object({
    status: status.exclude(["CLIP_PENDING"]),
    reason: reason.optional(),
    /** The contract's metadata (sections 5 and 7), as it was sent. */
    clipMetadata: z.record(z.string(), z.json()),
    /** `false` in a side-effect-free replay. */
    notified: z.boolean(),
    /** The camera service refused the status for good, in its words; subscribers were told all the same. */
    putRefused: z.string().optional(),
  }),
);

/** Footage is missing and may still come: another attempt is due. */
export const SourcesPending = defineEvent(
  "SourcesPending",
  1,
  z.object({
    request: clipRequest,
    reason,
    missing: z.array(interval).min(1),
    nextAttemptMs: z.int(),
  }),
);

/** The request is decided without a clip; trying again would not help. */
export const ClipRejected = defineEvent(
  "ClipRejected",
  1,
  z.object({
    request: answerableRequest,
    status: status.exclude(["CLIP_AVAILABLE", "CLIP_PENDING"]),
    reason,
    /** For people: what was wrong and what to do. */
    message: z.string(),
    coverage: coverage.optional(),
    /** The clipId is taken by another range, whose status at the camera service must stand. */
    conflict: z.boolean().default(false),
  }),
);

/** A stage gave up, or the deadline passed. */
export const ClipFailed = defineEvent(
  "ClipFailed",
  1,
  z.object({
    request: answerableRequest,
    stage: z.string(),
    reason,
    message: z.string(),
  }),
);

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

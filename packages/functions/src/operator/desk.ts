import type { ClipState, ClipStatus } from "@camclips/core";
import type { ReadGroup } from "@camclips/core/group";
import type { AnyEvent, ClipRequest } from "@camclips/events";
import type { Cancellation } from "./cancel-clip.ts";
import type { DeadWork } from "./dead-letters.ts";
import type { KnownGroup, WantedGroups } from "./list-groups.ts";
import type { LogLine, WantedLines } from "./log-line.ts";
import type { GroupView } from "./look-at-group.ts";
import type { ClipReplay, Replayed } from "./reruns.ts";

/** A clip of a list. What a service tells over HTTP does not say how its records are ordered. */
export type KnownClip = Omit<ClipStatus, "requestKey" | "order"> &
  Partial<Pick<ClipStatus, "requestKey" | "order">> & { title?: string };

/** Which clips; what is absent does not matter. */
export interface WantedClips {
  states?: readonly ClipState[] | undefined;
  camera?: string | undefined;
  /** Clips that came into their state then or later. */
  sinceMs?: number | undefined;
  /** Clips whose range overlaps it. */
  range?: readonly [startMs: number, endMs: number] | undefined;
  /** A part of the id, or of the title. */
  search?: string | undefined;
  /** Only those that come behind this one in the list. */
  behind?: Pick<ClipStatus, "sinceMs" | "clipId"> | undefined;
}

export interface Redrive {
  /** At most so many messages are sent. */
  limit: number;
  /** Only look: nothing is sent. */
  dryRun: boolean;
  /** This one alone. */
  messageId?: string | undefined;
}

export interface Redriven {
  /** Clips whose messages were sent, or would be; "?" where a request names none. */
  sent: string[];
  /** Ids of messages that are no events: they would fail again. */
  left: string[];
}

export interface QueueDepth {
  stage: string;
  messages: number;
  deadLetters: number;
}

/** A place where clips are made, as people ask and act there: a state folder, a running service, a deployed stage. */
export interface Desk {
  /** As people call it. */
  readonly name: string;
  /** The clip first that came into its state last. */
  clips(wanted: WantedClips): AsyncIterable<KnownClip>;
  /** Undefined for one whose request was not taken up yet, too. */
  clip(clipId: string): Promise<KnownClip | undefined>;
  /** The clip that was worked on last. */
  latest(): Promise<string | undefined>;
  /** A clip's events, oldest first; none of a clip that is not known. */
  history(clipId: string): Promise<AnyEvent[]>;
  /** Sends a request as callers do. @param body as the caller wrote it, `request` is how it reads. */
  request(body: string, request: ClipRequest): Promise<void>;
  /** Sends many as one group, likewise. */
  requestGroup(body: string, group: ReadGroup): Promise<void>;
  /** Undefined for one that was not taken up yet, too. */
  group(groupId: string): Promise<GroupView | undefined>;
  /** The group first that was taken up last. */
  groups(wanted: WantedGroups): AsyncIterable<KnownGroup>;
  cancel(clipId: string): Promise<Cancellation>;
  queues(): Promise<QueueDepth[]>;
  /** What was logged, the oldest first. */
  logs(wanted: WantedLines): Promise<LogLine[]>;
  /** @param functions whose dead letters. @param limit of each. */
  deadLetters(functions: readonly string[], limit: number): Promise<DeadWork[]>;
  /** Sends a stage's dead letters back to its queue: those that were there when it began. */
  redrive(stage: string, redrive: Redrive): Promise<Redriven>;
  /** Takes a clip up again out of its own history. */
  replay(clipId: string, replay: ClipReplay): Promise<Replayed>;
}

/** Whose message it is. */
export const clipIn = (body: string): string => /["']clipId["']\s*:\s*u?["']([^"']*)["']/.exec(body)?.[1] ?? "?";

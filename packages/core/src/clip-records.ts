import { type AnyEvent, parseEnvelope } from "@camclips/events";
import type { ClipState, ClipStatus } from "./clip-status.ts";
import type { GroupClaim } from "./group-claim.ts";
import type { WaitingClip } from "./waiting-clip.ts";

/**
 * What is known of every clip, in one table: the guard behind every "once", and the projection that people query. A clip's
 * record is made of entries (its claim, what stages emitted, effects that happened, events) and one status.
 * Adapters: DynamoDB in packages/aws, SQLite in packages/local; the same tests run against both.
 */

/**
 * Days that a record is kept. Guards must outlive whatever can come again: an event out of the archive (90 days at most),
 * and what it led to out of a dead-letter queue (14 days).
 */
export const RECORD_DAYS = 105;

/** The longest range that `ofCamera` finds by its middle: it bounds what a query reads. */
export const LONGEST_RANGE_MS = 24 * 3600_000;

/** Names one entry of a clip's record; made in keys.ts. */
export interface EntryKey {
  readonly clipId: string;
  readonly name: string;
}

/** What stands under a key after a conditional write, and whether it is what was to be written. */
export interface StoredOnce {
  stored: unknown;
  ours: boolean;
}

export interface Lease {
  /** Names whoever takes it. */
  holder: string;
  nowMs: number;
  /** Others may take it from then on. */
  untilMs: number;
}

export type LeaseAnswer = { kind: "taken" } | { kind: "held" } | { kind: "done"; value: unknown };

/** Values are JSON. Reads of one clip see every write that has ended; the two lists may be a moment late. */
export interface ClipRecords {
  /** @returns undefined when nothing was written under the key; a lease alone is nothing. */
  get(key: EntryKey, signal?: AbortSignal): Promise<unknown>;
  /**
   * Writes an entry unless there is one: the first value stays.
   * @param options.status is set in the same transaction when the entry is ours, where it supersedes the clip's.
   */
  putOnce(
    key: EntryKey,
    value: unknown,
    options?: { status?: ClipStatus; signal?: AbortSignal | undefined },
  ): Promise<StoredOnce>;
  /** Takes the right to work on an entry, unless it was written, or somebody else holds the right. */
  lease(key: EntryKey, lease: Lease, signal?: AbortSignal): Promise<LeaseAnswer>;
  /** Gives a lease back, if the holder still has it. */
  release(key: EntryKey, holder: string, signal?: AbortSignal): Promise<void>;
  /** @returns whether it superseded the clip's status. */
  setStatus(status: ClipStatus, signal?: AbortSignal): Promise<boolean>;
  status(clipId: string, signal?: AbortSignal): Promise<ClipStatus | undefined>;
  /** The clip's events, oldest first; empty for a clip that was never asked for. */
  history(clipId: string, signal?: AbortSignal): Promise<AnyEvent[]>;
  /** Clips that came into the state in `[fromMs, toMs)`, the latest first unless it says otherwise. */
  inState(
    state: ClipState,
    since?: { fromMs?: number; toMs?: number; oldestFirst?: boolean },
    signal?: AbortSignal,
  ): AsyncIterable<ClipStatus>;
  /** Clips whose range overlaps `[startMs, endMs)`, by their start. */
  ofCamera(
    cameraId: string,
    range: { startMs: number; endMs: number },
    signal?: AbortSignal,
  ): AsyncIterable<ClipStatus>;
  /** Takes a groupId, unless it was taken: the first claim stays. */
  claimGroup(claim: GroupClaim, signal?: AbortSignal): Promise<StoredOnce>;
  /** Claims of `[fromMs, toMs)`, the latest first. The list may be a moment late. */
  groups(since?: { fromMs?: number; toMs?: number }, signal?: AbortSignal): AsyncIterable<GroupClaim>;
  /** Notes that a clip waits for a camera's footage. Of a clip's attempts the latest stays. */
  setWaiting(waiting: WaitingClip, signal?: AbortSignal): Promise<void>;
  /** Clips whose range starts in `[fromMs, toMs]` and that have waited for the camera's footage, by their start. Not late. */
  waitingFor(
    camera: string,
    starts: { fromMs: number; toMs: number },
    signal?: AbortSignal,
  ): AsyncIterable<WaitingClip>;
}

/** @param envelopes a clip's events as its record holds them. @returns oldest first. */
export function historyFrom(envelopes: readonly unknown[]): AnyEvent[] {
  return envelopes.map(parseEnvelope).sort(inOrder);
}

/** Events of the same millisecond keep the order of their chain. */
function inOrder(a: AnyEvent, b: AnyEvent): number {
  return Date.parse(a.metadata.occurredAt) - Date.parse(b.metadata.occurredAt) || a.metadata.hops - b.metadata.hops;
}

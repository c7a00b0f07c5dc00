import {
  ACCEPTED_ORDER,
  type ClipState,
  type ClipStatus,
  EVENT_ENTRIES,
  LONGEST_RANGE_MS,
  type waitingEntries,
} from "@camclips/core";

/**
 * The table of clips' records (stacks/clips-table.ts makes it): what its expressions say, in one place.
 * Partition key `clipId`, sort key `entry`; `json` holds an entry's value, `expiresAt` (seconds) is the time to live.
 * Items of clips that wait have the partition of their camera's footage, and `attempt`.
 * Status items have `state` and `sinceMs` (index `byState`), `cameraId` and `startMs` (index `byCamera`); claims of groups are
 * in the first of these indexes, too.
 */

/** The sort key of a clip's status; no key of an entry is called so. */
export const STATUS_ENTRY = "status";

/** In place of a clip's state: no state is called so. */
export const GROUPS = "group";

/** The item is told that stands in the way. */
const telling = { ReturnValuesOnConditionCheckFailure: "ALL_OLD" as const };

export const unlessWritten = { ConditionExpression: "attribute_not_exists(json)", ...telling };

export const unlessLeased = (holder: string, nowMs: number) => ({
  ConditionExpression:
    "attribute_not_exists(json) AND (attribute_not_exists(holder) OR holder = :holder OR leaseUntilMs <= :now)",
  ExpressionAttributeValues: { ":holder": holder, ":now": nowMs },
  ...telling,
});

export const ifLeasedBy = (holder: string) => ({
  ConditionExpression: "attribute_not_exists(json) AND holder = :holder",
  ExpressionAttributeValues: { ":holder": holder },
});

/** `supersedes` of core, as DynamoDB says it. */
export const ifSuperseding = ({ order, requestKey }: ClipStatus) => ({
  ConditionExpression:
    "attribute_not_exists(statusOrder) OR " +
    "(statusOrder < :order AND (requestKey = :requestKey OR statusOrder < :accepted))",
  ExpressionAttributeValues: { ":order": order, ":requestKey": requestKey, ":accepted": ACCEPTED_ORDER },
});

/** Of the attempts that a clip has waited for, the latest one stays. */
export const unlessLater = (attempt: number) => ({
  ConditionExpression: "attribute_not_exists(attempt) OR attempt < :attempt",
  ExpressionAttributeValues: { ":attempt": attempt },
});

export const waitingBetween = ({ clipId, from, to }: ReturnType<typeof waitingEntries>) => ({
  KeyConditionExpression: "clipId = :waiting AND entry BETWEEN :from AND :to",
  ExpressionAttributeValues: { ":waiting": clipId, ":from": from, ":to": to },
  // Footage that lands right after a look must find who waits for it.
  ConsistentRead: true,
});

export const eventsOf = (clipId: string) => ({
  KeyConditionExpression: "clipId = :clipId AND begins_with(entry, :events)",
  ExpressionAttributeValues: { ":clipId": clipId, ":events": EVENT_ENTRIES },
  ConsistentRead: true,
});

/** `[fromMs, toMs)`, in the order of their times. */
export const clipsInState = (state: ClipState | typeof GROUPS, fromMs: number, toMs: number) => ({
  IndexName: "byState",
  KeyConditionExpression: "#state = :state AND sinceMs BETWEEN :from AND :to",
  ExpressionAttributeNames: { "#state": "state" },
  ExpressionAttributeValues: { ":state": state, ":from": fromMs, ":to": toMs - 1 },
});

export const clipsOfCamera = (cameraId: string, startMs: number, endMs: number) => ({
  IndexName: "byCamera",
  KeyConditionExpression: "cameraId = :cameraId AND startMs BETWEEN :from AND :to",
  FilterExpression: "endMs > :start",
  ExpressionAttributeValues: {
    ":cameraId": cameraId,
    ":from": startMs - LONGEST_RANGE_MS + 1,
    ":to": endMs - 1,
    ":start": startMs,
  },
});

import { type ClipRecords, eventEntry, groupItemsEntry, groupToldEntry, terminalEntry } from "@camclips/core";
import { groupResultOf, groupStatusOf } from "@camclips/core/group";
import {
  type AnyFact,
  derivedId,
  GroupAccepted,
  GroupCompleted,
  type GroupItem,
  type GroupResult,
  groupStatus,
} from "@camclips/events";
import * as z from "zod/mini";
import type { Deps } from "./deps.ts";
import { getEntry } from "./entries.ts";
import { onceAlone } from "./once.ts";
import { terminal } from "./terminal.ts";

type Needs = Pick<Deps, "records" | "topic" | "clock" | "log">;

/** What is kept of a group that was taken up. */
export const groupItems = z.pick(GroupAccepted.detail.shape.data, { items: true });

/**
 * The terminal status that was the last one, as far as its group was told by it, in whose history the group's end lies, and what
 * was told. Earlier versions wrote down less.
 */
export const toldOfGroup = z.object({
  cause: z.string(),
  clipId: z.optional(z.string()),
  status: z.optional(groupStatus),
});

/** On what somebody looks at a group: an item's terminal status, or an event. */
export interface Occasion {
  cause: string;
  clipId: string;
  /** Looks again, at what others may have left half done. */
  isSecond?: boolean;
}

/**
 * Tells of a group once all its items are decided. Whoever decides an item looks afterwards, so the last one finds all of them,
 * and a lease lets one of several tell.
 * @returns what follows: the group's end, unless somebody else says it.
 */
export async function completeGroup(
  groupId: string,
  occasion: Occasion,
  deps: Needs,
  signal: AbortSignal,
): Promise<AnyFact[]> {
  const group = await getEntry(deps.records, groupItemsEntry(groupId), groupItems, signal);
  const items = group && (await resultsOf(group.items, deps.records, signal));
  if (!items) return [];
  const completed = GroupCompleted.happened({ groupId, status: groupStatusOf(items), items });
  const effect = async () => {
    const { status } = completed.data;
    // The same one if a crash at the wrong moment repeats it.
    const attributes = { status, groupId, notificationId: derivedId(groupId, completed.type) };
    await deps.topic.notify({ message: JSON.stringify(completed.data), attributes }, signal);
    deps.log.info("group completed", { groupId, status });
    return { ...occasion, status };
  };
  const { cause } = await onceAlone(deps, groupToldEntry(groupId), toldOfGroup, effect, signal);
  const isOurs = cause === occasion.cause || (occasion.isSecond && !(await isEnded(groupId, deps.records, signal)));
  return isOurs ? [{ ...completed, cause, id: endOf(groupId) }] : [];
}

/** Of the event that ends a group. */
const endOf = (groupId: string): string => derivedId(groupId, GroupCompleted.type);

/**
 * Whether a group was told, and its end said. Two deliveries of the last status at once may have found the group open and
 * complete: what the first one of them found is what is published.
 */
export async function isEnded(
  groupId: string,
  records: Pick<ClipRecords, "get">,
  signal: AbortSignal,
): Promise<boolean> {
  const end = await getEntry(records, groupToldEntry(groupId), toldOfGroup, signal);
  if (!end?.clipId) return end !== undefined;
  return (await records.get(eventEntry(end.clipId, endOf(groupId)), signal)) !== undefined;
}

/** Looks no further than the first item that is open. The last ones are the likeliest: turns are taken in order, about. */
async function resultsOf(
  items: readonly GroupItem[],
  records: Pick<ClipRecords, "get">,
  signal: AbortSignal,
): Promise<GroupResult[] | undefined> {
  const results: GroupResult[] = [];
  for (const item of items.toReversed()) {
    const outcome = await getEntry(records, terminalEntry(item.clipId, item.requestKey), terminal, signal);
    if (!outcome) return undefined;
    results.push(groupResultOf(item, outcome.clipMetadata));
  }
  return results.reverse();
}

/** @returns the first clip that is still open and leads to no look at this group, having been asked for before it. */
export async function openOlder(
  items: readonly GroupItem[],
  records: Pick<ClipRecords, "get">,
  signal: AbortSignal,
): Promise<string | undefined> {
  for (const { clipId, requestKey, isOlder } of items)
    if (isOlder && !(await records.get(terminalEntry(clipId, requestKey), signal))) return clipId;
  return undefined;
}

import { type ClipRecords, eventEntry, groupItemsEntry, groupToldEntry, terminalEntry } from "@camclips/core";
import { groupResultOf, groupStatusOf } from "@camclips/core/group";
import {
  type AnyFact,
  derivedId,
  type EventOf,
  GroupAccepted,
  GroupCompleted,
  type GroupItem,
  type GroupResult,
} from "@camclips/events";
import * as z from "zod";
import type { Deps } from "./deps.ts";
import { getEntry } from "./entries.ts";
import { onceAlone } from "./once.ts";
import { terminal } from "./terminal.ts";

type Needs = Pick<Deps, "records" | "topic" | "clock" | "log">;

/** What is kept of a group that was taken up. */
export const groupItems = GroupAccepted.detail.shape.data.pick({ items: true });

/** The terminal status that was the last one, as far as its group was told by it. */
const told = z.object({ cause: z.string() });

/**
 * Tells of a group once all its items are decided. Whoever decides an item looks afterwards, so the last one finds all of them,
 * and a lease lets one of several tell.
 * @param cause of the item's terminal status, or the event on which somebody looks.
 * @returns what follows: the group's end, for whoever told it.
 */
export async function completeGroup(
  groupId: string,
  cause: string,
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
    return { cause };
  };
  const end = await onceAlone(deps, groupToldEntry(groupId), told, effect, signal);
  return end.cause === cause ? [{ ...completed, cause, id: derivedId(groupId, completed.type) }] : [];
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

import { type ClipRecords, groupItemsEntry, terminalEntry } from "@camclips/core";
import { groupResultOf, groupStatusOf } from "@camclips/core/group";
import type { GroupResult, GroupStatus } from "@camclips/events";
import { groupItems } from "../runtime/complete-group.ts";
import { getEntry } from "../runtime/entries.ts";
import { inParallel } from "../runtime/in-parallel.ts";
import { terminal } from "../runtime/terminal.ts";

/** Where a group stands: its notification as it would be now. */
export interface GroupView {
  groupId: string;
  status: GroupStatus | "GROUP_PENDING";
  /** Items that have their terminal status. */
  decided: number;
  /** In the order of the request; what is not decided is CLIP_PENDING. */
  items: GroupResult[];
}

const AT_ONCE = 10;

/** @returns undefined for a group that was not taken up, or whose record has expired. */
export async function lookAtGroup(
  groupId: string,
  records: Pick<ClipRecords, "get">,
  signal = new AbortController().signal,
): Promise<GroupView | undefined> {
  const group = await getEntry(records, groupItemsEntry(groupId), groupItems, signal);
  if (!group) return undefined;
  const items = await inParallel(AT_ONCE, group.items, signal, async (item) => {
    const outcome = await getEntry(records, terminalEntry(item.clipId, item.requestKey), terminal, signal);
    return groupResultOf(item, outcome?.clipMetadata ?? { status: "CLIP_PENDING" });
  });
  const decided = items.filter(({ status }) => status !== "CLIP_PENDING").length;
  return { groupId, status: decided < items.length ? "GROUP_PENDING" : groupStatusOf(items), decided, items };
}

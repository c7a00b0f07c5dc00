import { type Notification, terminalEntry } from "@camclips/core";
import { GroupAccepted, type GroupItem, type GroupResult } from "@camclips/events";
import type { Ending } from "./drive.ts";

/** What must hold of every group after any history. */

export const isOfGroup = ({ attributes }: Notification): boolean => attributes.status?.startsWith("GROUP_") ?? false;

/** One end of each group, told once, item by item as the items ended. */
export async function groupComplaints(ending: Ending): Promise<string[]> {
  const complaints: string[] = [];
  const { published, notifications } = ending.world;
  const accepted = new Map<string, GroupItem[]>();
  for (const event of published)
    if (event.type === GroupAccepted.type) {
      const { groupId, items } = GroupAccepted.parse({ ...event }).data;
      accepted.set(groupId, items);
    }
  for (const { groupId } of ending.world.history.groups)
    if (!accepted.has(groupId) && !isResting(ending, "accept-request", groupId))
      complaints.push(`${groupId}: its message is lost`);
  for (const [groupId, items] of accepted) {
    const told = notifications.filter((each) => isOfGroup(each) && each.attributes.groupId === groupId);
    const ids = new Set(told.map(({ attributes }) => attributes.notificationId));
    if (ids.size !== 1) complaints.push(`${groupId}: ${ids.size} notifications for one group`);
    if (new Set(told.map(({ message }) => message)).size > 1) complaints.push(`${groupId}: told in two ways`);
    const ends = new Set(
      published.flatMap(({ type, data, metadata }) =>
        type === "GroupCompleted" && (data as { groupId: string }).groupId === groupId ? [metadata.id] : [],
      ),
    );
    if (ends.size !== 1) complaints.push(`${groupId}: ${ends.size} events that end it`);
    const message = told[0]?.message;
    if (message) complaints.push(...(await itemComplaints(groupId, items, JSON.parse(message).items, ending)));
  }
  return complaints;
}

async function itemComplaints(groupId: string, items: GroupItem[], told: GroupResult[], { runtime }: Ending) {
  const complaints = told.length === items.length ? [] : [`${groupId}: ${told.length} of ${items.length} items`];
  for (const [index, { clipId, requestKey }] of items.entries()) {
    const stored = (await runtime.records.get(terminalEntry(clipId, requestKey))) as { status: string } | undefined;
    const { status } = told[index] ?? {};
    if (stored?.status !== status) complaints.push(`${groupId}: ${clipId} ended as ${stored?.status}, told ${status}`);
  }
  return complaints;
}

/** An operator sees it there. */
const isResting = ({ deadLetters }: Ending, stage: string, groupId: string): boolean =>
  deadLetters.some(({ queue, body }) => queue === stage && body.includes(`"${groupId}"`));

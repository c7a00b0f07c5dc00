import { claimEntry, groupItemsEntry, requestKey } from "@camclips/core";
import { type ReadGroup, refusedIn } from "@camclips/core/group";
import {
  type AnyEvent,
  derivedId,
  type EventOf,
  firstEvent,
  GroupAccepted,
  type GroupItem,
  versionOf,
} from "@camclips/events";
import * as z from "zod/mini";
import { type AcceptDeps, type Answered, acceptClip, invalid, refuse, watchDeadline } from "./accept-clip.ts";
import { groupItems } from "./complete-group.ts";
import { getEntry, putEntryOnce } from "./entries.ts";
import { inParallel } from "./in-parallel.ts";

/** What earlier versions kept of a groupId, too. */
const groupClaimed = z.object({ key: z.string() });

const clipClaim = z.object({ groupId: z.optional(z.string()) });

const AT_ONCE = 10;

/**
 * Takes up every item of a group as a request of its own, then says of what the group is made. Every write has a condition and
 * a name that comes out of the group: its message again, or another one like it, leads to the same events.
 */
export async function acceptGroup(group: ReadGroup, deps: AcceptDeps, signal: AbortSignal): Promise<AnyEvent[]> {
  const { groupId, key, items } = group;
  const claim = { groupId, key, sinceMs: deps.clock.now(), items: items.length };
  const { stored } = await deps.records.claimGroup(claim, signal);
  if (groupClaimed.parse(stored).key !== key) {
    const taken = invalid("this groupId was used for another group before: use a new one");
    return inParallel(AT_ONCE, items, signal, ({ request }, _, either) =>
      refuse(refusedIn(key, request), taken, deps, either),
    );
  }
  // An item that was refused for want of time stays so, also for a second message of the group.
  const asMessage = { messageId: key, receiveCount: 2 };
  const answered = await inParallel(AT_ONCE, items, signal, (item, _, either) =>
    acceptClip(item, asMessage, deps, either),
  );
  const made = await inParallel(AT_ONCE, answered, signal, (event, _, either) => itemOf(groupId, event, deps, either));
  const entry = groupItemsEntry(groupId);
  const { stored: kept } = await putEntryOnce(deps.records, entry, groupItems, { items: made }, { signal });
  const accepted = acceptedEvent(group, kept, answered, deps);
  // By then every item is decided; whatever was lost on the way, the group is looked at once more.
  await watchDeadline(accepted.metadata.id, accepted, deps, signal);
  return [...answered, accepted];
}

async function itemOf(
  groupId: string,
  { type, data: { request } }: Answered,
  { records }: AcceptDeps,
  signal: AbortSignal,
): Promise<GroupItem> {
  const { clipId, cameraId, startMs, endMs } = request;
  const claimed = type === "RequestAccepted" && (await getEntry(records, claimEntry(clipId), clipClaim, signal));
  const isOlder = claimed ? claimed.groupId !== groupId : false;
  return { clipId, cameraId, startMs, endMs, requestKey: requestKey(request), isOlder };
}

function acceptedEvent(
  { groupId, key }: ReadGroup,
  { items }: { items: GroupItem[] },
  answered: readonly Answered[],
  { clock }: AcceptDeps,
): EventOf<typeof GroupAccepted> {
  const deadlines = answered.map(({ metadata }) => metadata.deadlineAt).sort();
  const deadlineAt = deadlines.at(-1) ?? new Date(clock.now()).toISOString();
  const fact = GroupAccepted.happened({ groupId, items });
  // Events belong to clips: this one lies in the history of the first.
  const origin = { clipId: items[0]?.clipId ?? groupId, key: derivedId("group", key), deadlineAt };
  return firstEvent(fact, versionOf(fact.type), origin, new Date(clock.now()).toISOString());
}

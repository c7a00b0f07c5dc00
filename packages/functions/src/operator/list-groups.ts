import { type ClipRecords, groupToldEntry } from "@camclips/core";
import type { GroupClaim } from "@camclips/core/group-claim";
import { toldOfGroup } from "../runtime/complete-group.ts";
import { getEntry } from "../runtime/entries.ts";
import { inParallel } from "../runtime/in-parallel.ts";
import { inOrder, latestFirst, type Placed } from "./latest-first.ts";
import { type GroupView, lookAtGroup } from "./look-at-group.ts";

/** A group of a list. */
export interface KnownGroup extends Pick<GroupView, "groupId" | "status"> {
  /** When it was taken up. */
  sinceMs: number;
  /** How many there are. */
  items: number;
}

/** Which groups; what is absent does not matter. */
export interface WantedGroups {
  /** Groups that were taken up then or later. */
  sinceMs?: number | undefined;
  /** Only those that come behind this one in the list. */
  behind?: Pick<KnownGroup, "sinceMs" | "groupId"> | undefined;
}

type Records = Pick<ClipRecords, "get" | "groups">;

/** As many are looked at together. */
const AT_ONCE = 10;

const placeOf = ({ sinceMs, groupId }: Pick<KnownGroup, "sinceMs" | "groupId">): Placed => ({ sinceMs, id: groupId });

/** Groups that were taken up, the latest first. Reads little more than what is taken of it. */
export async function* listGroups(
  { sinceMs = 0, behind }: WantedGroups,
  records: Records,
  signal = new AbortController().signal,
): AsyncGenerator<KnownGroup, void> {
  const since = { fromMs: sinceMs, ...(behind && { toMs: behind.sinceMs + 1 }) };
  const look = (claims: GroupClaim[]) =>
    inParallel(AT_ONCE, claims, signal, (claim) => standOf(claim, records, signal));
  let some: GroupClaim[] = [];
  for await (const claim of inOrder(records.groups(since, signal), placeOf)) {
    if (behind && latestFirst(placeOf(behind), placeOf(claim)) >= 0) continue;
    some.push(claim);
    if (some.length < AT_ONCE) continue;
    yield* await look(some);
    some = [];
  }
  yield* await look(some);
}

/** As subscribers were told. */
async function standOf(
  { groupId, sinceMs, items }: GroupClaim,
  records: Records,
  signal: AbortSignal,
): Promise<KnownGroup> {
  const told = await getEntry(records, groupToldEntry(groupId), toldOfGroup, signal);
  // An earlier version did not write down what it told.
  const isOlder = told !== undefined && told.status === undefined;
  const status = isOlder ? (await lookAtGroup(groupId, records, signal))?.status : told?.status;
  return { groupId, sinceMs, items, status: status ?? "GROUP_PENDING" };
}

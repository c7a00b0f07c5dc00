import { createHash, randomBytes } from "node:crypto";
import { groupEntry, requestKey, writeRequest } from "@camclips/core";
import { type ReadGroup, readGroup } from "@camclips/core/group";
import type { ClipRequest } from "@camclips/events";
import { type Asked, type AskedGroup, askedGroup, groupAskedUnder, keepAsked, putAskedGroup } from "@camclips/local";
import type { z } from "@hono/zod-openapi";
import { Problem } from "../http/problem.ts";
import type { Site } from "../site.ts";
import { fullDisk, requireRoom } from "./ask.ts";
import type { groupRequest } from "./schemas.ts";

type Wanted = z.output<typeof groupRequest>;

export interface GroupAnswer {
  groupId: string;
  /** False for one that was asked for before. */
  isNew: boolean;
}

/**
 * Takes a group: its message is stored when this resolves. What is wrong with an item for other reasons than its form is told with
 * the item, by the pipeline.
 * @param idempotencyKey the same one brings the same group, whatever became of the first answer.
 * @throws Problem for one that cannot be accepted.
 */
export async function askGroup(site: Site, wanted: Wanted, idempotencyKey?: string): Promise<GroupAnswer> {
  const before = idempotencyKey === undefined ? undefined : groupAskedUnder(site.runtime.state.read, idempotencyKey);
  const groupId = wanted.groupId ?? before?.groupId ?? idFor(site.clock.now(), idempotencyKey);
  const items = wanted.items.map(({ camera, start, end, title: _title, ...rest }) => ({
    ...rest,
    ...{ cameraId: camera, startTimestampInMs: start, endTimestampInMs: end },
  }));
  const body = JSON.stringify({ groupId, items });
  // As the pipeline will read it: what it would refuse is told now.
  const group = readGroup(body, site.clock.now());
  const faulty = group?.items.find(({ readable }) => !readable);
  if (!group || (faulty && "message" in faulty))
    throw new Problem(422, `${faulty?.request.clipId}: ${faulty && "message" in faulty && faulty.message}`, {
      reason: "INVALID_REQUEST",
    });
  const conflict = `the Idempotency-Key stands for another request, of group ${before?.groupId}`;
  if (before) return repeated(before, group, conflict);
  return storeGroup(site, group, { body, idempotencyKey, titles: wanted.items.map(({ title }) => title) });
}

interface Sent extends Pick<AskedGroup, "body" | "idempotencyKey"> {
  /** Of the items. */
  titles?: (string | undefined)[];
}

/** @throws Problem for a groupId that stands for another group. */
export async function storeGroup(
  site: Site,
  group: ReadGroup,
  { body, idempotencyKey, titles = [] }: Sent,
): Promise<GroupAnswer> {
  const { runtime, clock } = site;
  const { groupId, key } = group;
  const claimed = (await runtime.records.get(groupEntry(groupId))) as { key: string } | undefined;
  const same = askedGroup(runtime.state.read, groupId) ?? claimed;
  const conflict = `the groupId ${groupId} stands for another group already: use a new one`;
  if (same) return repeated(same, group, conflict);
  await requireRoom(site);
  const sentMs = clock.now();
  try {
    await runtime.request(body, sentMs, (transaction) => {
      putAskedGroup(transaction, { groupId, key, idempotencyKey, body, sentMs });
      for (const [index, item] of group.items.entries())
        if (item.readable) keepAsked(transaction, askedOf(item.request, sentMs, titles[index]));
    });
  } catch (error) {
    // The same group may have come twice at once.
    const stored = askedGroup(runtime.state.read, groupId);
    if (stored) return repeated(stored, group, conflict);
    throw fullDisk(error) ?? error;
  }
  return { groupId, isNew: true };
}

function askedOf(request: ClipRequest, sentMs: number, title: string | undefined): Asked {
  const { clipId } = request;
  return {
    clipId,
    requestKey: requestKey(request),
    idempotencyKey: undefined,
    title,
    body: writeRequest(request),
    sentMs,
  };
}

function repeated({ key }: { key: string }, group: ReadGroup, conflict: string): GroupAnswer {
  if (key === group.key) return { groupId: group.groupId, isNew: false };
  throw new Problem(409, conflict, { reason: "INVALID_REQUEST" });
}

/** Readable, and new unless the caller's key says that it is the same. */
function idFor(nowMs: number, idempotencyKey: string | undefined): string {
  if (idempotencyKey !== undefined)
    return `group-${createHash("sha256").update(idempotencyKey).digest("hex").slice(0, 12)}`;
  return `group-${new Date(nowMs).toISOString().replace(/[-:.Z]/g, "")}-${randomBytes(3).toString("hex")}`;
}

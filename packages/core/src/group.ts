import {
  choiceNames,
  derivedId,
  type GroupItem,
  type GroupResult,
  type GroupStatus,
  groupId,
  id,
  MOST_ITEMS,
} from "@camclips/events";
import * as z from "zod/mini";
import { answerable, opened, type ReadRequest, readRequest, requestKey, UnreadableRequestError } from "./request.ts";

/** Many clips that are asked for in one message, and told of in one notification (contract, section 7). */
export interface ReadGroup {
  groupId: string;
  /** Names what is asked for: the same group again has the same key. */
  key: string;
  items: ReadRequest[];
}

const groupBody = z.looseObject({
  groupId,
  items: z
    .array(z.unknown())
    .check(z.minLength(1, "must hold an item"), z.maxLength(MOST_ITEMS, `must be at most ${MOST_ITEMS}`)),
});

/**
 * Reads the body of a message as a group.
 * @param sentMs the record's SentTimestamp.
 * @returns undefined for what is none: a request for one clip, or nothing that can be read.
 * @throws UnreadableRequestError for a group whose items could not be told apart or counted.
 */
export function readGroup(body: unknown, sentMs: number): ReadGroup | undefined {
  const raw = opened(body);
  if (typeof raw !== "object" || raw === null || !("items" in raw) || "clipId" in raw) return undefined;
  const read = groupBody.safeParse(raw);
  if (!read.success) {
    const problems = read.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`);
    throw new UnreadableRequestError(`the message is no group of clips: ${problems.join("; ")}`);
  }
  const group = read.data;
  const shared = Object.fromEntries(choiceNames.flatMap((name) => (name in group ? [[name, group[name]]] : [])));
  const items = group.items.map((item, index) => {
    const own = typeof item === "object" && item !== null ? item : {};
    const usual = { clipId: `${group.groupId}.${index + 1}`, ...shared };
    return readItem({ ...usual, ...own, groupId: group.groupId, retryTimestamps: [] }, usual.clipId, sentMs);
  });
  const key = derivedId(group.groupId, ...items.map(({ request }) => requestKey(request)));
  return { groupId: group.groupId, key, items };
}

/** The requests in a message's body: one, or those of a group. @throws UnreadableRequestError */
export const readRequests = (body: unknown, sentMs: number): ReadRequest[] =>
  readGroup(body, sentMs)?.items ?? [readRequest(body, sentMs)];

/** What is refused is refused as this group's: the same fault in another message is another refusal. */
function readItem(raw: Record<string, unknown> & { groupId: string }, usualId: string, sentMs: number): ReadRequest {
  const clipId = id.safeParse(raw.clipId);
  const read: ReadRequest = clipId.success
    ? readRequest(raw, sentMs)
    : faulty({ ...raw, clipId: usualId }, sentMs, `clipId ${clipId.error.issues[0]?.message}`);
  return read.readable ? read : { ...read, request: refusedIn(raw.groupId, read.request) };
}

const faulty = (raw: object, sentMs: number, message: string): ReadRequest => ({
  readable: false,
  request: answerable(raw, sentMs, message),
  message,
});

/** The same request as one that is refused as part of a group: its answer is no other message's. */
export const refusedIn = <R extends ReadRequest["request"]>(groupId: string, request: R) => ({
  ...request,
  refused: derivedId(groupId, requestKey(request)),
});

/** In a notification with others, a message is a hint. */
const MESSAGE_LENGTH = 200;

/** @param told the item's terminal metadata (section 5). */
export function groupResultOf({ clipId, cameraId, startMs, endMs }: GroupItem, told: Record<string, unknown>) {
  const { status, reason, message, clip } = told as Partial<GroupResult>;
  const { url = "", key = "", sha256 = "", bytes = 0 } = clip ?? {};
  return {
    ...{ clipId, cameraId, startTimestampInMs: startMs, endTimestampInMs: endMs },
    status: status as GroupResult["status"],
    ...(reason && { reason }),
    ...(message && { message: message.slice(0, MESSAGE_LENGTH) }),
    ...(clip && { clip: { url, key, sha256, bytes } }),
  };
}

export function groupStatusOf(items: readonly Pick<GroupResult, "status">[]): GroupStatus {
  const available = items.filter(({ status }) => status === "CLIP_AVAILABLE").length;
  if (available === items.length) return "GROUP_AVAILABLE";
  return available > 0 ? "GROUP_PARTLY_AVAILABLE" : "GROUP_NOT_AVAILABLE";
}

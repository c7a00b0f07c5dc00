import { type DynamoDBDocumentClient, GetCommand, paginateQuery, type QueryCommandInput } from "@aws-sdk/lib-dynamodb";
import {
  type ClipRecords,
  type ClipStatus,
  type Clock,
  clipStatus,
  type EntryKey,
  groupEntry,
  historyFrom,
  RECORD_DAYS,
  waitingEntries,
  waitingEntry,
} from "@camclips/core";
import { groupClaim } from "@camclips/core/group-claim";
import { waitingClip } from "@camclips/core/waiting-clip";
import * as table from "./dynamo-table.ts";
import { put, putTogether } from "./dynamo-writes.ts";

const KEPT_SECONDS = RECORD_DAYS * 24 * 3600;

/** Clips' records in a DynamoDB table (dynamo-table.ts). The client brings time-outs and attempts. */
export function createDynamoRecords(client: DynamoDBDocumentClient, TableName: string, clock: Clock): ClipRecords {
  const item = ({ clipId, name }: EntryKey, attributes: Record<string, unknown>) => ({
    TableName,
    Item: { clipId, entry: name, expiresAt: Math.floor(clock.now() / 1000) + KEPT_SECONDS, ...attributes },
  });

  const statusItem = (status: ClipStatus) => {
    const { clipId, requestKey, order, state, sinceMs, cameraId, startMs, endMs } = status;
    // An index takes no null for a key; what lacks one is left out of it.
    const place = cameraId !== null && startMs !== null && endMs !== null ? { cameraId, startMs, endMs } : {};
    const attributes = { requestKey, statusOrder: order, state, sinceMs, ...place, json: JSON.stringify(status) };
    return { ...item({ clipId, name: table.STATUS_ENTRY }, attributes), ...table.ifSuperseding(status) };
  };

  const read = async ({ clipId, name }: EntryKey, signal?: AbortSignal): Promise<unknown> => {
    const command = new GetCommand({ TableName, Key: { clipId, entry: name }, ConsistentRead: true });
    const { Item } = await client.send(command, { abortSignal: signal });
    return Item?.json === undefined ? undefined : JSON.parse(Item.json);
  };

  const list = async function* (query: Omit<QueryCommandInput, "TableName">, signal?: AbortSignal) {
    for await (const { Items = [] } of paginateQuery({ client }, { TableName, ...query }, { abortSignal: signal }))
      for (const { json } of Items) yield JSON.parse(json) as unknown;
  };

  const statuses = async function* (query: Omit<QueryCommandInput, "TableName">, signal?: AbortSignal) {
    for await (const found of list(query, signal)) yield clipStatus.parse(found);
  };

  return {
    get: read,

    async putOnce(key, value, { status, signal } = {}) {
      const json = JSON.stringify(value);
      const entry = { ...item(key, { json }), ...table.unlessWritten };
      let inTheWay = await (status
        ? putTogether(client, [entry, statusItem(status)], signal)
        : put(client, entry, signal));
      // A status that is too late stays so: the entry is written without it.
      if (inTheWay?.index === 1) inTheWay = await put(client, entry, signal);
      return { stored: JSON.parse(inTheWay?.json ?? json), ours: inTheWay === undefined };
    },

    async lease(key, { holder, nowMs, untilMs }, signal) {
      const leased = { ...item(key, { holder, leaseUntilMs: untilMs }), ...table.unlessLeased(holder, nowMs) };
      const inTheWay = await put(client, leased, signal);
      if (!inTheWay) return { kind: "taken" };
      return inTheWay.json === undefined ? { kind: "held" } : { kind: "done", value: JSON.parse(inTheWay.json) };
    },

    async release(key, holder, signal) {
      await put(client, { ...item(key, {}), ...table.ifLeasedBy(holder) }, signal);
    },

    setStatus: async (status, signal) => (await put(client, statusItem(status), signal)) === undefined,

    async status(clipId, signal) {
      const found = await read({ clipId, name: table.STATUS_ENTRY }, signal);
      return found === undefined ? undefined : clipStatus.parse(found);
    },

    history: async (clipId, signal) => historyFrom(await Array.fromAsync(list(table.eventsOf(clipId), signal))),

    inState: (state, { fromMs = 0, toMs = Number.MAX_SAFE_INTEGER, oldestFirst = false } = {}, signal) =>
      statuses({ ...table.clipsInState(state, fromMs, toMs), ScanIndexForward: oldestFirst }, signal),

    ofCamera: (cameraId, { startMs, endMs }, signal) => statuses(table.clipsOfCamera(cameraId, startMs, endMs), signal),

    async claimGroup(claim, signal) {
      const json = JSON.stringify(claim);
      const attributes = { json, state: table.GROUPS, sinceMs: claim.sinceMs };
      const entry = { ...item(groupEntry(claim.groupId), attributes), ...table.unlessWritten };
      const inTheWay = await put(client, entry, signal);
      return { stored: JSON.parse(inTheWay?.json ?? json), ours: inTheWay === undefined };
    },

    async *groups({ fromMs = 0, toMs = Number.MAX_SAFE_INTEGER } = {}, signal) {
      const query = { ...table.clipsInState(table.GROUPS, fromMs, toMs), ScanIndexForward: false };
      for await (const found of list(query, signal)) yield groupClaim.parse(found);
    },

    async setWaiting(waiting, signal) {
      const { request, alias, deadlineAt } = waiting;
      const attempt = request.retryTimestamps.length + 1;
      const expiresAt = Math.ceil(Date.parse(deadlineAt) / 1000);
      const attributes = { attempt, expiresAt, json: JSON.stringify(waiting) };
      const key = waitingEntry(alias, request.startMs, request.clipId);
      await put(client, { ...item(key, attributes), ...table.unlessLater(attempt) }, signal);
    },

    async *waitingFor(camera, starts, signal) {
      const query = table.waitingBetween(waitingEntries(camera, starts));
      for await (const found of list(query, signal)) yield waitingClip.parse(found);
    },
  };
}

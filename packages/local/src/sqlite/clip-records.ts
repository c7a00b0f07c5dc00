import {
  type ClipRecords,
  type ClipStatus,
  type Clock,
  CUT_RECORDS,
  clipStatus,
  EVENT_ENTRIES,
  historyFrom,
  LONGEST_RANGE_MS,
  supersedes,
  waitingEntries,
  waitingEntry,
} from "@camclips/core";
import { waitingClip } from "@camclips/core/waiting-clip";
import { bodyOf, entryIn, KEPT_MS, putEntryIn } from "./entries.ts";
import { groupClaims } from "./group-claims.ts";
import type { StateFile, Transaction } from "./state-file.ts";

/** Whoever held a lease is gone after a power cut. */
const SOFT = { durable: false };

/** Clips' records in a state file. */
export function createSqliteRecords(file: StateFile, clock: Clock): ClipRecords {
  const expiry = () => clock.now() + KEPT_MS;

  const setStatus = (transaction: Transaction, status: ClipStatus): boolean => {
    if (!supersedes(status, statusIn(transaction, status.clipId))) return false;
    const { clipId, state, sinceMs, cameraId, startMs, endMs } = status;
    transaction.run(
      `INSERT OR REPLACE INTO statuses (clip_id, state, since_ms, camera_id, start_ms, end_ms, body, expires_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[clipId, state, sinceMs, cameraId, startMs, endMs, JSON.stringify(status), expiry()],
    );
    return true;
  };

  return {
    get: async (key) => entryIn(file.read, key),

    async putOnce(key, value, { status, signal } = {}) {
      signal?.throwIfAborted();
      return file.write((transaction) => {
        const once = putEntryIn(transaction, key, value, clock);
        if (once.ours && status) setStatus(transaction, status);
        return once;
      });
    },

    async lease({ clipId, name }, { holder, nowMs, untilMs }, signal) {
      signal?.throwIfAborted();
      return file.write((transaction) => {
        const taken = transaction.run(
          `INSERT INTO entries (clip_id, name, holder, lease_until_ms, expires_ms) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET holder = excluded.holder, lease_until_ms = excluded.lease_until_ms
           WHERE body IS NULL AND (holder IS NULL OR holder = excluded.holder OR lease_until_ms <= ?)`,
          ...[clipId, name, holder, untilMs, expiry(), nowMs],
        );
        if (taken > 0) return { kind: "taken" as const };
        const value = entryIn(transaction, { clipId, name });
        return value === undefined ? { kind: "held" as const } : { kind: "done" as const, value };
      }, SOFT);
    },

    async release({ clipId, name }, holder) {
      await file.write((transaction) =>
        transaction.run(
          "UPDATE entries SET holder = NULL WHERE clip_id = ? AND name = ? AND holder = ?",
          ...[clipId, name, holder],
        ),
      );
    },

    async setStatus(status, signal) {
      signal?.throwIfAborted();
      return file.write((transaction) => setStatus(transaction, status));
    },

    status: async (clipId) => statusIn(file.read, clipId),

    async history(clipId) {
      const rows = file.read.rows(
        "SELECT body FROM entries WHERE clip_id = ? AND name >= ? AND name < ?",
        ...[clipId, EVENT_ENTRIES, `${EVENT_ENTRIES}~`],
      );
      return historyFrom(rows.map(bodyOf));
    },

    async *inState(state, { fromMs = 0, toMs = Number.MAX_SAFE_INTEGER, oldestFirst = false } = {}) {
      const order = oldestFirst ? "ASC" : "DESC";
      const rows = file.read.rows(
        `SELECT body FROM statuses WHERE state = ? AND since_ms >= ? AND since_ms < ? ORDER BY since_ms ${order}`,
        ...[state, fromMs, toMs],
      );
      for (const row of rows) yield clipStatus.parse(bodyOf(row));
    },

    async *ofCamera(cameraId, { startMs, endMs }) {
      const rows = file.read.rows(
        `SELECT body FROM statuses WHERE camera_id = ? AND start_ms > ? AND start_ms < ? AND end_ms > ?
         ORDER BY start_ms`,
        ...[cameraId, startMs - LONGEST_RANGE_MS, endMs, startMs],
      );
      for (const row of rows) yield clipStatus.parse(bodyOf(row));
    },

    ...groupClaims(file, clock),

    async setWaiting(waiting, signal) {
      signal?.throwIfAborted();
      const { request, alias, deadlineAt } = waiting;
      const { clipId, name } = waitingEntry(alias, request.startMs, request.clipId);
      await file.write((transaction) =>
        transaction.run(
          `INSERT INTO entries (clip_id, name, body, expires_ms) VALUES (?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET body = excluded.body, expires_ms = excluded.expires_ms
           WHERE json_array_length(body, '$.request.retryTimestamps')
             < json_array_length(excluded.body, '$.request.retryTimestamps')`,
          ...[clipId, name, JSON.stringify(waiting), Date.parse(deadlineAt)],
        ),
      );
    },

    async *waitingFor(camera, starts) {
      const { clipId, from, to } = waitingEntries(camera, starts);
      const rows = file.read.rows(
        "SELECT body FROM entries WHERE clip_id = ? AND name >= ? AND name <= ? ORDER BY name",
        ...[clipId, from, to],
      );
      for (const row of rows) yield waitingClip.parse(bodyOf(row));
    },
  };
}

/** Removes the records that have expired, and what callers asked and told so long ago. */
export function sweepRecords(file: StateFile, { now }: Clock): Promise<unknown> {
  return file.write((transaction) => {
    for (const table of ["entries", "statuses", "group_claims"])
      transaction.run(`DELETE FROM ${table} WHERE expires_ms <= ?`, now());
    for (const table of ["requests", "groups", "notifications"])
      transaction.run(`DELETE FROM ${table} WHERE sent_ms <= ?`, now() - KEPT_MS);
    transaction.run("DELETE FROM told WHERE at_ms <= ?", now() - KEPT_MS);
  });
}

/** The clip whose history grew last. */
export function latestClipIn(file: StateFile): string | undefined {
  const latest = file.read.row(
    `SELECT clip_id FROM entries WHERE name >= ? AND name < ? AND NOT (clip_id >= ? AND clip_id < ?)
     ORDER BY expires_ms DESC LIMIT 1`,
    ...[EVENT_ENTRIES, `${EVENT_ENTRIES}~`, CUT_RECORDS, `${CUT_RECORDS}~`],
  );
  return latest && String(latest.clip_id);
}

function statusIn(from: Pick<Transaction, "row">, clipId: string): ClipStatus | undefined {
  const body = bodyOf(from.row("SELECT body FROM statuses WHERE clip_id = ?", clipId));
  return body === undefined ? undefined : clipStatus.parse(body);
}

import { type Clock, type EntryKey, RECORD_DAYS, type StoredOnce } from "@camclips/core";
import type { Row, Transaction } from "./state-file.ts";

/** So long records are kept. */
export const KEPT_MS = RECORD_DAYS * 24 * 3600_000;

/** `putOnce` as a part of a transaction. */
export function putEntryIn(transaction: Transaction, key: EntryKey, value: unknown, clock: Clock): StoredOnce {
  const body = JSON.stringify(value);
  if (putBodyIn(transaction, key, body, clock)) return { stored: JSON.parse(body), ours: true };
  return { stored: entryIn(transaction, key), ours: false };
}

export function entryIn(from: Pick<Transaction, "row">, { clipId, name }: EntryKey): unknown {
  return bodyOf(from.row("SELECT body FROM entries WHERE clip_id = ? AND name = ?", clipId, name));
}

/** @returns whether it was written: nothing was there before, or a lease alone. */
export function putBodyIn(transaction: Transaction, { clipId, name }: EntryKey, body: string, { now }: Clock): boolean {
  const written = transaction.run(
    `INSERT INTO entries (clip_id, name, body, expires_ms) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET body = excluded.body, holder = NULL, expires_ms = excluded.expires_ms
     WHERE body IS NULL`,
    ...[clipId, name, body, now() + KEPT_MS],
  );
  return written > 0;
}

export function bodyOf(row: Row | undefined): unknown {
  return typeof row?.body === "string" ? JSON.parse(row.body) : undefined;
}

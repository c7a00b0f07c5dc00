import type { Row, StateFile, Transaction } from "./state-file.ts";

/** A group that somebody asked the service for. Written together with its message, so that neither is without the other. */
export interface AskedGroup {
  groupId: string;
  /** Of core: names what is asked for. */
  key: string;
  idempotencyKey: string | undefined;
  body: string;
  sentMs: number;
}

export function putAskedGroup(transaction: Transaction, asked: AskedGroup): void {
  const { groupId, key, idempotencyKey, body, sentMs } = asked;
  transaction.run(
    "INSERT INTO groups (group_id, group_key, idempotency_key, body, sent_ms) VALUES (?, ?, ?, ?, ?)",
    ...[groupId, key, idempotencyKey ?? null, body, sentMs],
  );
}

export const askedGroup = (read: StateFile["read"], groupId: string): AskedGroup | undefined =>
  maybe(read.row("SELECT * FROM groups WHERE group_id = ?", groupId));

export const groupAskedUnder = (read: StateFile["read"], idempotencyKey: string): AskedGroup | undefined =>
  maybe(read.row("SELECT * FROM groups WHERE idempotency_key = ?", idempotencyKey));

const maybe = (row: Row | undefined): AskedGroup | undefined =>
  row && {
    groupId: String(row.group_id),
    key: String(row.group_key),
    idempotencyKey: row.idempotency_key === null ? undefined : String(row.idempotency_key),
    body: String(row.body),
    sentMs: Number(row.sent_ms),
  };

import type { Row, StateFile, Transaction } from "./state-file.ts";

/** A clip that somebody asked the service for. Written together with its message, so that neither is without the other. */
export interface Asked {
  clipId: string;
  /** Of core: names what is asked for. */
  requestKey: string;
  idempotencyKey: string | undefined;
  title: string | undefined;
  body: string;
  sentMs: number;
}

export function putAsked(transaction: Transaction, asked: Asked): void {
  const { clipId, requestKey, idempotencyKey, title, body, sentMs } = asked;
  transaction.run(
    "INSERT INTO requests (clip_id, request_key, idempotency_key, title, body, sent_ms) VALUES (?, ?, ?, ?, ?, ?)",
    ...[clipId, requestKey, idempotencyKey ?? null, title ?? null, body, sentMs],
  );
}

/** One item of a group: what is known of its clipId already stays. */
export function keepAsked(transaction: Transaction, asked: Asked): void {
  const { clipId, requestKey, title, body, sentMs } = asked;
  transaction.run(
    "INSERT INTO requests (clip_id, request_key, title, body, sent_ms) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
    ...[clipId, requestKey, title ?? null, body, sentMs],
  );
}

export const askedAs = (read: StateFile["read"], clipId: string): Asked | undefined =>
  maybe(read.row("SELECT * FROM requests WHERE clip_id = ?", clipId));

export const askedUnder = (read: StateFile["read"], idempotencyKey: string): Asked | undefined =>
  maybe(read.row("SELECT * FROM requests WHERE idempotency_key = ?", idempotencyKey));

/** Keeps what a pipeline elsewhere says of its clip; the last word counts. */
export async function putTold(file: StateFile, clipId: string, body: object, nowMs: number): Promise<void> {
  await file.write((transaction) =>
    transaction.run(
      "INSERT OR REPLACE INTO told (clip_id, body, at_ms) VALUES (?, ?, ?)",
      clipId,
      JSON.stringify(body),
      nowMs,
    ),
  );
}

export function toldOf(read: StateFile["read"], clipId: string): Record<string, unknown> | undefined {
  const row = read.row("SELECT body FROM told WHERE clip_id = ?", clipId);
  return row && JSON.parse(String(row.body));
}

const maybe = (row: Row | undefined): Asked | undefined =>
  row && {
    clipId: String(row.clip_id),
    requestKey: String(row.request_key),
    idempotencyKey: row.idempotency_key === null ? undefined : String(row.idempotency_key),
    title: row.title === null ? undefined : String(row.title),
    body: String(row.body),
    sentMs: Number(row.sent_ms),
  };

import type { Row, StateFile, Transaction } from "../sqlite/state-file.ts";

/** The table of recordings in the state file. What a disk shows can be read again, so nothing of it waits for the disk. */
const SOFT = { durable: false };

/**
 * `new`: not looked into yet. `growing`: still being written. `closed`: whole. `damaged`: its index is broken, `reason` says how.
 * `vanished`: it was there.
 */
export type RecordingState = "new" | "growing" | "closed" | "damaged" | "vanished";

export interface RecordingRow {
  id: number;
  folder: string;
  name: string;
  camera: string;
  startMs: number;
  endMs: number;
  /** Whether `endMs` is what the file's index says; otherwise it is a guess. */
  sure: boolean;
  state: RecordingState;
  reason: string | undefined;
  bytes: number;
  writtenMs: number;
  format: string | undefined;
  width: number | undefined;
  height: number | undefined;
  fps: number | undefined;
}

/** What looking into a file changes. */
export type Examined = Pick<RecordingRow, "id" | "endMs" | "sure" | "state"> &
  Partial<Pick<RecordingRow, "reason" | "format" | "width" | "height" | "fps" | "bytes" | "writtenMs">>;

/** What a folder's listing tells of a file. */
export type Seen = Pick<RecordingRow, "folder" | "name" | "camera" | "startMs" | "endMs" | "bytes" | "writtenMs"> & {
  state: "new" | "growing";
};

/** No recording is longer: bounds how far back a query looks for one that reaches into a range. */
export const LONGEST_MS = 24 * 3600_000;

export function putSeen(transaction: Transaction, seen: Seen): void {
  const { folder, name, camera, startMs, endMs, state, bytes, writtenMs } = seen;
  transaction.run(
    `INSERT INTO recordings (folder, name, camera, start_ms, end_ms, state, bytes, written_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (folder, name) DO UPDATE SET camera = excluded.camera, start_ms = excluded.start_ms, end_ms = excluded.end_ms,
       sure = 0, state = excluded.state, reason = NULL, bytes = excluded.bytes, written_ms = excluded.written_ms`,
    ...[folder, name, camera, startMs, endMs, state, bytes, writtenMs],
  );
}

export function putExamined(transaction: Transaction, found: Examined): void {
  const { id, endMs, sure, state, reason, format, width, height, fps, bytes, writtenMs } = found;
  transaction.run(
    `UPDATE recordings SET end_ms = ?, sure = ?, state = ?, reason = ?, format = ?, width = ?, height = ?, fps = ?,
       bytes = coalesce(?, bytes), written_ms = coalesce(?, written_ms) WHERE id = ?`,
    ...[endMs, sure ? 1 : 0, state, reason ?? null, format ?? null, width ?? null, height ?? null, fps ?? null],
    ...[bytes ?? null, writtenMs ?? null, id],
  );
}

export const writeRows = (file: StateFile, run: (transaction: Transaction) => void): Promise<void> =>
  file.write(run, SOFT);

type Reader = StateFile["read"];

export const rowsOfFolder = (read: Reader, folder: string): RecordingRow[] =>
  read.rows("SELECT * FROM recordings WHERE folder = ?", folder).map(rowOf);

export const rowById = (read: Reader, id: number): RecordingRow | undefined =>
  maybe(read.row("SELECT * FROM recordings WHERE id = ?", id));

/** The newest first: what people ask for. */
export const rowsInState = (read: Reader, state: RecordingState, limit: number): RecordingRow[] =>
  read.rows("SELECT * FROM recordings WHERE state = ? ORDER BY start_ms DESC LIMIT ?", state, limit).map(rowOf);

/** A camera's recordings that reach into a range, by their start. */
export const rowsInRange = (read: Reader, camera: string, startMs: number, endMs: number, limit = -1): RecordingRow[] =>
  read
    .rows(
      "SELECT * FROM recordings WHERE camera = ? AND start_ms > ? AND start_ms < ? AND end_ms > ? ORDER BY start_ms LIMIT ?",
      ...[camera, startMs - LONGEST_MS, endMs, startMs, limit],
    )
    .map(rowOf);

/** Start of the camera's next recording. */
export function nextStartMs(read: Reader, camera: string, startMs: number): number | undefined {
  const next = read.row(
    "SELECT min(start_ms) AS next FROM recordings WHERE camera = ? AND start_ms > ? AND state <> 'vanished'",
    ...[camera, startMs],
  )?.next;
  return typeof next === "number" ? next : undefined;
}

const maybe = (row: Row | undefined): RecordingRow | undefined => row && rowOf(row);

function rowOf(row: Row): RecordingRow {
  return {
    id: Number(row.id),
    folder: String(row.folder),
    name: String(row.name),
    camera: String(row.camera),
    startMs: Number(row.start_ms),
    endMs: Number(row.end_ms),
    sure: row.sure === 1,
    state: row.state as RecordingState,
    reason: row.reason === null ? undefined : String(row.reason),
    bytes: Number(row.bytes),
    writtenMs: Number(row.written_ms),
    format: row.format === null ? undefined : String(row.format),
    width: row.width === null ? undefined : Number(row.width),
    height: row.height === null ? undefined : Number(row.height),
    fps: row.fps === null ? undefined : Number(row.fps),
  };
}

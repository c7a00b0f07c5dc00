import type { SQLInputValue } from "node:sqlite";
import { type ClipState, type ClipStatus, clipStatus } from "@camclips/core";
import type { StateFile } from "./state-file.ts";

export interface ClipQuery {
  states?: readonly ClipState[] | undefined;
  camera?: string | undefined;
  /** Clips that came into their state then or later. */
  sinceMs?: number | undefined;
  /** Clips whose range overlaps it. */
  range?: readonly [startMs: number, endMs: number] | undefined;
  /** A part of the id or of the title. */
  search?: string | undefined;
  limit: number;
  /** Of the page before. */
  cursor?: string | undefined;
}

export interface ListedClip {
  status: ClipStatus;
  title: string | undefined;
}

export interface ClipPage {
  clips: ListedClip[];
  /** Absent on the last page. */
  next?: string;
}

const CURSOR = /^(\d+)~(.+)$/;

/** A page of clips, the one first that came into its state last. */
export function listClips(read: StateFile["read"], query: ClipQuery): ClipPage {
  const wheres: string[] = [];
  const values: SQLInputValue[] = [];
  const where = (sql: string, ...more: SQLInputValue[]) => {
    wheres.push(sql);
    values.push(...more);
  };
  const { states, camera, sinceMs, range, search, limit, cursor } = query;
  if (states && states.length > 0) where(`state IN (${states.map(() => "?").join(", ")})`, ...states);
  if (camera !== undefined) where("camera_id = ?", camera);
  if (sinceMs !== undefined) where("since_ms >= ?", sinceMs);
  if (range) where("start_ms < ? AND end_ms > ?", range[1], range[0]);
  if (search)
    where(
      "(instr(lower(statuses.clip_id), ?) OR instr(lower(coalesce(title, '')), ?))",
      search.toLowerCase(),
      search.toLowerCase(),
    );
  const after = CURSOR.exec(cursor ?? "");
  if (after) where("(since_ms, statuses.clip_id) < (?, ?)", Number(after[1]), after[2] ?? "");
  const rows = read.rows(
    `SELECT statuses.body, title FROM statuses LEFT JOIN requests USING (clip_id)
     ${wheres.length > 0 ? `WHERE ${wheres.join(" AND ")}` : ""} ORDER BY since_ms DESC, statuses.clip_id DESC LIMIT ?`,
    ...values,
    limit + 1,
  );
  const clips = rows.slice(0, limit).map(({ body, title }) => ({
    status: clipStatus.parse(JSON.parse(String(body))),
    title: title === null ? undefined : String(title),
  }));
  const last = rows.length > limit ? clips.at(-1)?.status : undefined;
  return { clips, ...(last && { next: cursorBehind(last) }) };
}

/** Where the page begins that comes behind a clip. */
export const cursorBehind = ({ sinceMs, clipId }: Pick<ClipStatus, "sinceMs" | "clipId">): string =>
  `${sinceMs}~${clipId}`;

/** How many clips are in each state. */
export function countClips(read: StateFile["read"]): Partial<Record<ClipState, number>> {
  const rows = read.rows("SELECT state, count(*) AS count FROM statuses GROUP BY state");
  return Object.fromEntries(rows.map(({ state, count }) => [state, Number(count)]));
}

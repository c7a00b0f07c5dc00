import { holesIn } from "@camclips/core";
import type { GapCause, Interval } from "@camclips/events";
import type { StateFile } from "../sqlite/state-file.ts";
import { LONGEST_MS } from "./rows.ts";

export interface Span {
  startMs: number;
  endMs: number;
  format?: string;
  width?: number;
  height?: number;
  fps?: number;
  /** It goes on while you look. */
  growing?: true;
}

export interface CoverageGap {
  startMs: number;
  endMs: number;
  cause: GapCause;
  /** What is wrong with the recording there. */
  message?: string;
}

export interface CameraCoverage {
  spans: Span[];
  gaps: CoverageGap[];
}

/** Gaps that are told one by one; a worse camera's are told as one sort. */
const MAX_LOST = 500;

const USABLE = "state IN ('new', 'growing', 'closed')";

/**
 * What a camera recorded in a range. The database joins what follows each other, so that a week of ten-second recordings is
 * a handful of rows here.
 * @param joinMs up to this long a hole is none: what a name and a clock are off, or what a pixel of a timeline is.
 */
export function cameraCoverage(
  read: StateFile["read"],
  camera: string,
  [startMs, endMs]: Interval,
  joinMs: number,
): CameraCoverage {
  const range = [camera, startMs - LONGEST_MS, endMs, startMs] as const;
  const within = "camera = ? AND start_ms > ? AND start_ms < ? AND end_ms > ?";
  // A guessed end reaches no further than the next recording's start.
  const firsts = read.rows(
    `WITH known AS (
       SELECT start_ms, CASE WHEN sure THEN end_ms ELSE min(end_ms, coalesce(lead(start_ms) OVER (ORDER BY start_ms), end_ms)) END AS end_ms
       FROM recordings INDEXED BY recordings_by_time WHERE ${within} AND ${USABLE}),
     reaching AS (
       SELECT start_ms, max(end_ms) OVER (ORDER BY start_ms ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached FROM known)
     SELECT start_ms, reached FROM reaching WHERE reached IS NULL OR start_ms - reached > ?
     UNION ALL SELECT NULL, max(end_ms) FROM known ORDER BY start_ms NULLS LAST`,
    ...range,
    joinMs,
  );
  const spans: Span[] = [];
  for (const [index, { start_ms }] of firsts.entries()) {
    const next = firsts[index + 1];
    if (start_ms === null || typeof next?.reached !== "number") continue;
    const from = Math.max(startMs, Number(start_ms));
    const to = Math.min(endMs, next.reached);
    if (to > from) spans.push({ startMs: from, endMs: to, ...formatAt(read, camera, Number(start_ms)) });
  }
  const last = spans.at(-1);
  if (last && isGrowing(read, camera, last)) last.growing = true;
  return { spans, gaps: gapsIn(read, camera, [startMs, endMs], spans) };
}

function formatAt(read: StateFile["read"], camera: string, startMs: number): Partial<Span> {
  const row = read.row(
    "SELECT format, width, height, fps FROM recordings WHERE camera = ? AND start_ms = ?",
    camera,
    startMs,
  );
  const told = Object.entries(row ?? {}).filter(([, value]) => value !== null);
  return Object.fromEntries(told) as Partial<Span>;
}

function isGrowing(read: StateFile["read"], camera: string, { endMs }: Span): boolean {
  const row = read.row(
    "SELECT state FROM recordings WHERE camera = ? AND start_ms < ? AND state <> 'vanished' ORDER BY start_ms DESC LIMIT 1",
    ...[camera, endMs],
  );
  return row?.state === "growing";
}

function gapsIn(
  read: StateFile["read"],
  camera: string,
  [startMs, endMs]: Interval,
  spans: readonly Span[],
): CoverageGap[] {
  const lost = read.rows(
    `SELECT start_ms, min(end_ms, coalesce((SELECT min(start_ms) FROM recordings AS next
         WHERE next.camera = lost.camera AND next.start_ms > lost.start_ms), end_ms)) AS end_ms, state, reason
     FROM recordings AS lost WHERE camera = ? AND start_ms > ? AND start_ms < ? AND end_ms > ? AND state IN ('damaged', 'vanished')
     ORDER BY start_ms LIMIT ${MAX_LOST}`,
    ...[camera, startMs - LONGEST_MS, endMs, startMs],
  );
  const holes = holesIn(
    [startMs, endMs],
    spans.map((span): Interval => [span.startMs, span.endMs]),
  );
  return holes.flatMap(([from, to]) => {
    const named: CoverageGap[] = [];
    for (const row of lost) {
      const [start, end] = [Math.max(from, Number(row.start_ms)), Math.min(to, Number(row.end_ms))];
      if (end <= start) continue;
      const cause: GapCause = row.state === "damaged" ? "CORRUPT_SOURCE" : "SOURCE_DELETED";
      named.push({ startMs: start, endMs: end, cause, ...(row.reason !== null && { message: String(row.reason) }) });
    }
    const unnamed = holesIn(
      [from, to],
      named.map((gap): Interval => [gap.startMs, gap.endMs]),
    );
    const rest = unnamed.map(([start, end]): CoverageGap => ({ startMs: start, endMs: end, cause: "NOT_RECORDED" }));
    return [...named, ...rest].sort((a, b) => a.startMs - b.startMs);
  });
}

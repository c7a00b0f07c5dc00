import { holesIn } from "@camclips/core";
import type { GapCause, Interval } from "@camclips/events";
import type { StateFile } from "../sqlite/state-file.ts";
import { LONGEST_MS } from "./rows.ts";
import type { Spans } from "./spans.ts";

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

/**
 * What a camera recorded in a range.
 * @param joinMs up to this long a hole is none: what a pixel of a timeline is.
 */
export function cameraCoverage(
  { read, spans: known }: { read: StateFile["read"]; spans: Spans },
  camera: string,
  range: Interval,
  joinMs: number,
): CameraCoverage {
  const spans = known
    .in(camera, range, joinMs)
    .map(([startMs, endMs]): Span => ({ startMs, endMs, ...formatAt(read, camera, startMs) }));
  const last = spans.at(-1);
  if (last && isGrowing(read, camera, last)) last.growing = true;
  return { spans, gaps: gapsIn(read, camera, range, spans) };
}

function formatAt(read: StateFile["read"], camera: string, startMs: number): Partial<Span> {
  const row = read.row(
    `SELECT format, width, height, fps FROM recordings WHERE camera = ? AND start_ms <= ? AND start_ms > ?
     ORDER BY start_ms DESC LIMIT 1`,
    ...[camera, startMs, startMs - LONGEST_MS],
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

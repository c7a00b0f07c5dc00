import type { Interval } from "@camclips/events";
import type { StateFile } from "../sqlite/state-file.ts";
import { LONGEST_MS } from "./rows.ts";

const HOUR_MS = 3_600_000;

/** Hours that are remembered: ten cameras for a year. */
const MOST_HOURS = 100_000;

/**
 * When there is footage, joined. An hour's recordings are joined by the database once, and again when one of them changes: a
 * week of ten-second recordings is 60,480 rows, and 168 hours.
 */
export class Spans {
  readonly #read: StateFile["read"];
  readonly #joinMs: number;
  readonly #hours = new Map<string, Interval[]>();

  /** @param joinMs up to this long a hole is none: what a name and a clock are off. */
  constructor(read: StateFile["read"], joinMs: number) {
    this.#read = read;
    this.#joinMs = joinMs;
  }

  /** A recording of the camera changed that starts then. The one before may end there. */
  forget(camera: string, startMs: number): void {
    const hour = Math.floor(startMs / HOUR_MS);
    for (const each of [hour - 1, hour]) this.#hours.delete(keyOf(camera, each));
  }

  clear(): void {
    this.#hours.clear();
  }

  /** What there is in a range, in time order, with holes longer than `joinMs`. */
  in(camera: string, [startMs, endMs]: Interval, joinMs: number): Interval[] {
    const bounds = this.#read.row(
      "SELECT min(start_ms) AS first, (SELECT max(start_ms) FROM recordings WHERE camera = ?) AS last FROM recordings WHERE camera = ?",
      ...[camera, camera],
    );
    if (typeof bounds?.first !== "number") return [];
    const first = Math.floor(Math.max(startMs - LONGEST_MS, bounds.first) / HOUR_MS);
    const last = Math.floor(Math.min(endMs, Number(bounds.last)) / HOUR_MS);
    const joined: Interval[] = [];
    for (let hour = first; hour <= last; hour++) {
      const spans = this.#hour(camera, hour);
      // A camera whose clock had lost its date says 2000, and there is nothing for years.
      if (spans.length === 0) hour = this.#hourBefore(camera, hour) ?? last;
      for (const [from, to] of spans) {
        if (to <= startMs || from >= endMs) continue;
        const before = joined.at(-1);
        if (before && from - before[1] <= Math.max(joinMs, this.#joinMs))
          before[1] = Math.max(before[1], Math.min(to, endMs));
        else joined.push([Math.max(from, startMs), Math.min(to, endMs)]);
      }
    }
    return joined;
  }

  /** The hour before the next one in which a recording starts. */
  #hourBefore(camera: string, hour: number): number | undefined {
    const next = this.#read.row(
      "SELECT min(start_ms) AS next FROM recordings WHERE camera = ? AND start_ms >= ?",
      ...[camera, (hour + 1) * HOUR_MS],
    )?.next;
    return typeof next === "number" ? Math.floor(next / HOUR_MS) - 1 : undefined;
  }

  #hour(camera: string, hour: number): Interval[] {
    const key = keyOf(camera, hour);
    const known = this.#hours.get(key);
    if (known) return known;
    if (this.#hours.size >= MOST_HOURS) this.clear();
    const spans = this.#queryHour(camera, hour * HOUR_MS);
    this.#hours.set(key, spans);
    return spans;
  }

  #queryHour(camera: string, fromMs: number): Interval[] {
    const toMs = fromMs + HOUR_MS;
    // A guessed end reaches no further than the next recording's start.
    const edges = this.#read.rows(
      `WITH hour AS (
         SELECT start_ms, end_ms, sure, lead(start_ms) OVER (ORDER BY start_ms) AS next
         FROM recordings INDEXED BY recordings_by_time
         WHERE camera = ? AND start_ms >= ? AND start_ms < ? AND state IN ('new', 'growing', 'closed')),
       known AS (
         SELECT start_ms, CASE WHEN sure THEN end_ms ELSE min(end_ms, coalesce(next,
             (SELECT min(start_ms) FROM recordings WHERE camera = ? AND start_ms >= ?), end_ms)) END AS end_ms FROM hour),
       reaching AS (
         SELECT start_ms, max(end_ms) OVER (ORDER BY start_ms ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached FROM known)
       SELECT start_ms, reached FROM reaching WHERE reached IS NULL OR start_ms - reached > ?
       UNION ALL SELECT NULL, max(end_ms) FROM known ORDER BY start_ms NULLS LAST`,
      ...[camera, fromMs, toMs, camera, toMs, this.#joinMs],
    );
    return edges.flatMap(({ start_ms }, index): Interval[] => {
      const reached = edges[index + 1]?.reached;
      return start_ms === null || typeof reached !== "number" ? [] : [[Number(start_ms), reached]];
    });
  }
}

const keyOf = (camera: string, hour: number): string => `${hour} ${camera}`;

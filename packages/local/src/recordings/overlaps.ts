import { join } from "node:path";
import { type Overlap, overlapsIn } from "@camclips/core";
import type { StateFile } from "../sqlite/state-file.ts";
import { LONGEST_MS } from "./rows.ts";

export interface CameraOverlap extends Overlap {
  camera: string;
}

/** Those that are told; more of them have the same cause. */
const MOST = 200;

/** The later one of each pair, with how far earlier ones had come. Ends that were guessed say nothing. */
const LATER = `
  SELECT camera, start_ms, reached FROM (
    SELECT camera, start_ms, max(end_ms) OVER (
      PARTITION BY camera ORDER BY start_ms, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached
    FROM recordings WHERE state = 'closed' AND sure = 1)
  WHERE reached - start_ms > ? ORDER BY start_ms DESC LIMIT ${MOST}`;

/** Recordings that claim the same time, of all cameras, the latest first. */
export function recordingOverlaps(read: StateFile["read"], toleranceMs: number): CameraOverlap[] {
  const found = new Map<string, CameraOverlap>();
  for (const { camera, start_ms } of read.rows(LATER, toleranceMs)) {
    const startMs = Number(start_ms);
    for (const overlap of overlapsAround(read, String(camera), startMs, toleranceMs))
      if (overlap.startMs === startMs) found.set(overlap.recordings.join("\n"), { camera: String(camera), ...overlap });
  }
  return [...found.values()];
}

function overlapsAround(read: StateFile["read"], camera: string, startMs: number, toleranceMs: number): Overlap[] {
  const rows = read.rows(
    `SELECT folder, name, start_ms, end_ms FROM recordings
     WHERE camera = ? AND start_ms > ? AND start_ms <= ? AND end_ms > ? AND state = 'closed' AND sure = 1`,
    ...[camera, startMs - LONGEST_MS, startMs, startMs],
  );
  const footage = rows.map(({ folder, name, start_ms, end_ms }) => ({
    key: join(String(folder), String(name)),
    startMs: Number(start_ms),
    endMs: Number(end_ms),
  }));
  return overlapsIn(footage, toleranceMs);
}

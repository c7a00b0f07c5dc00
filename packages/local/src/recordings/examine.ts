import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Settings } from "@camclips/events";
import { recordedVideo } from "@camclips/functions";
import { CorruptSourceError } from "@camclips/mp4";
import type { Arena } from "./arena.ts";
import { openRecording } from "./open-recording.ts";
import type { Examined, RecordingRow } from "./rows.ts";

export type ExamineRules = Pick<Settings, "JOIN_TOLERANCE_MS" | "RECORDING_MAX_LEN">;

/** A file that was not written to for so long is closed, if it can be read. */
export const SETTLED_MS = 3_000;

/** One that cannot be read may be at the beginning of a long group of frames that nobody has flushed to the disk yet. */
const HOPELESS_MS = 60_000;

interface Guesses {
  guessMs: number;
  claimedMs: number;
}

/**
 * Looks into a file, at its index alone: until when it goes, what its video is like, whether it still grows.
 * @param guessMs its end where the index does not tell. @param claimedMs where it ends by its name and the next one's
 */
export async function examine(
  row: RecordingRow,
  { rules, guessMs, claimedMs, nowMs, arena }: Guesses & { rules: ExamineRules; nowMs: number; arena: Arena },
): Promise<Examined> {
  const path = join(row.folder, row.name);
  const { id, startMs } = row;
  const before = await stat(path).catch(() => undefined);
  if (!before) return { ...row, state: "vanished" };
  const file = { id, bytes: before.size, writtenMs: Math.round(before.mtimeMs) };
  const quietMs = nowMs - before.mtimeMs;
  // A time ahead of this machine's clock says nothing.
  const settled = quietMs >= SETTLED_MS || quietMs < -SETTLED_MS;
  try {
    const object = await openRecording(path, arena.take);
    if (!object) return { ...row, state: "vanished" };
    const found = await recordedVideo(object, { key: row.name, startMs, endMs: claimedMs }, rules, {
      writtenMs: file.writtenMs,
    });
    const endMs = found?.interval?.endMs;
    const { format, width, height, framesPerSecond: fps } = found?.picture ?? {};
    return {
      ...file,
      endMs: Math.max(endMs ?? guessMs, startMs + 1),
      sure: endMs !== undefined,
      state: settled ? "closed" : "growing",
      ...{ format, width, height, fps },
    };
  } catch (error) {
    if (!(error instanceof CorruptSourceError)) throw error;
    // How far it has come shows when it was written last.
    if (Math.abs(quietMs) < HOPELESS_MS)
      return {
        ...file,
        endMs: Math.max(startMs + 1, Math.min(guessMs, file.writtenMs)),
        sure: false,
        state: "growing",
      };
    return { ...file, endMs: guessMs, sure: false, state: "damaged", reason: error.message };
  }
}

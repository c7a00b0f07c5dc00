import type { AnyEvent } from "@camclips/events";
import { type ClipReplay, eventsTakenBy, replayedBody } from "@camclips/functions";
import { createSqliteRecords, sendLocally } from "@camclips/local";
import { UsageError } from "../exit-codes.ts";
import { findInState } from "../records/local-records.ts";

/** The message that takes a clip up again. @throws UsageError when the clip had no such event then. */
export function replayMessage(history: readonly AnyEvent[], replay: ClipReplay, nowMs: number): string {
  const body = replayedBody(history, replay, nowMs);
  if (body !== undefined) return body;
  const taken = eventsTakenBy(replay.from);
  throw new UsageError(
    taken.length === 0
      ? `${replay.from} takes no events from the bus, so nothing can be replayed into it`
      : `the clip has no event that ${replay.from} takes (${taken.join(", ")}) in that time`,
  );
}

/** `camclips replay --clip` in a state folder. @throws UsageError for a clip that it does not know. */
export async function replayInState(state: string, clipId: string, replay: ClipReplay): Promise<void> {
  const nowMs = Date.now();
  const found = await findInState(
    state,
    async (file) => {
      const history = await createSqliteRecords(file, { now: Date.now }).history(clipId);
      if (history.length === 0) return undefined;
      await sendLocally(file, replay.from, replayMessage(history, replay, nowMs), nowMs);
      return true;
    },
    { readOnly: false },
  );
  if (!found) throw new UsageError(`no clip ${clipId} in ${state}`);
}

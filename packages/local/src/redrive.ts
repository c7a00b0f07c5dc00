import type { DeadLetter } from "@camclips/core";
import { deadLettersIn } from "./operator-ports.ts";
import { addMessage } from "./queue.ts";
import type { StateFile } from "./sqlite/state-file.ts";

interface LocalRedrive {
  stage: string;
  nowMs: number;
  limit: number;
  dryRun: boolean;
  /** What a letter is sent as; undefined for one that would fail again. */
  bodyFor(letter: DeadLetter): string | undefined;
}

/** Sends a stage's dead letters back to its queue. @returns those that were sent, or would be, and those that were left. */
export async function redriveLocally(
  file: StateFile,
  { stage, nowMs, limit, dryRun, bodyFor }: LocalRedrive,
): Promise<{ sent: DeadLetter[]; left: DeadLetter[] }> {
  const letters = deadLettersIn(file, stage).map((letter) => ({ letter, body: bodyFor(letter) }));
  const sendable = letters
    .flatMap(({ letter, body }) => (body === undefined ? [] : [{ letter, body }]))
    .slice(0, limit);
  const left = letters.filter(({ body }) => body === undefined).map(({ letter }) => letter);
  if (!dryRun) {
    await file.write((transaction) => {
      for (const { letter, body } of sendable) {
        // Another command may have been quicker.
        const gone = transaction.run("DELETE FROM dead_letters WHERE id = ?", Number(letter.messageId)) === 0;
        if (!gone) addMessage(transaction, stage, body, nowMs);
      }
    });
  }
  return { sent: sendable.map(({ letter }) => letter), left };
}

/** Puts a message into a stage's queue; a runtime that works on the file sees it within a second. */
export async function sendLocally(file: StateFile, stage: string, body: string, nowMs: number): Promise<void> {
  await file.write((transaction) => addMessage(transaction, stage, body, nowMs));
}

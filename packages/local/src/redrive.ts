import { clipIn, type Redrive, type Redriven, redrivenBody } from "@camclips/functions";
import { deadLettersIn } from "./operator-ports.ts";
import type { StateFile, Transaction } from "./sqlite/state-file.ts";

/** Puts a message into a stage's queue. @returns what to call once the transaction is committed. */
export type Enqueue = (transaction: Transaction, stage: string, body: string, sentMs: number) => () => void;

interface LocalRedrive extends Redrive {
  file: StateFile;
  stage: string;
  nowMs: number;
  enqueue: Enqueue;
}

/** Sends a stage's dead letters back to its queue. */
export async function redriveLocally({
  file,
  stage,
  nowMs,
  enqueue,
  limit,
  dryRun,
  messageId,
}: LocalRedrive): Promise<Redriven> {
  const letters = deadLettersIn(file, stage)
    .filter((letter) => messageId === undefined || letter.messageId === messageId)
    .map((letter) => ({ letter, body: redrivenBody(stage, letter.body, `redrive-${nowMs}`, nowMs) }));
  const sendable = letters
    .flatMap(({ letter, body }) => (body === undefined ? [] : [{ letter, body }]))
    .slice(0, limit);
  const left = letters.filter(({ body }) => body === undefined).map(({ letter }) => letter.messageId);
  if (!dryRun && sendable.length > 0) {
    const enqueued = await file.write((transaction) =>
      sendable.map(({ letter, body }) => {
        // Another command may have been quicker.
        const isGone = transaction.run("DELETE FROM dead_letters WHERE id = ?", Number(letter.messageId)) === 0;
        return isGone ? () => {} : enqueue(transaction, stage, body, nowMs);
      }),
    );
    for (const tell of enqueued) tell();
  }
  return { sent: sendable.map(({ body }) => clipIn(body)), left };
}

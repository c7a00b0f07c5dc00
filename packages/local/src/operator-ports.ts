import type { ClipRecords, Clock, DeadLetter, DeadLetters, EventBus, Schedules } from "@camclips/core";
import { createStoredBus } from "./bus.ts";
import { addMessage } from "./queue.ts";
import { createSqliteRecords } from "./sqlite/clip-records.ts";
import type { StateFile } from "./sqlite/state-file.ts";
import { forgetSchedule } from "./timers.ts";

/** What people on call act through: the same on a state file as on a deployment. */
export interface OperatorPorts {
  records: ClipRecords;
  bus: EventBus;
  schedules: Schedules;
  deadLetters: DeadLetters;
  clock: Clock;
}

/** On a file that a runtime of another process works on (it sees within a second what is sent), or none does. */
export function operatorPorts(file: StateFile, clock: Clock): OperatorPorts {
  const { bus } = createStoredBus({
    file,
    clock,
    queueOf: (stage) => ({
      add(transaction, body, sentMs) {
        addMessage(transaction, stage, body, sentMs);
        return () => {};
      },
    }),
  });
  return {
    records: createSqliteRecords(file, clock),
    bus,
    schedules: {
      unschedule: async (name) => {
        await file.write((transaction) => forgetSchedule(transaction, name));
      },
    },
    deadLetters: { look: async (queue, limit) => deadLettersIn(file, queue).slice(0, limit) },
    clock,
  };
}

/** The oldest first. @param queue of one stage only. */
export function deadLettersIn(file: StateFile, queue?: string): Required<DeadLetter>[] {
  const rows = file.read.rows(
    "SELECT * FROM dead_letters WHERE ? IS NULL OR queue = ? ORDER BY id",
    queue ?? null,
    queue ?? null,
  );
  return rows.map((row) => ({
    queue: String(row.queue),
    messageId: String(row.id),
    body: String(row.body),
    sentMs: Number(row.sent_ms),
    error: String(row.error),
  }));
}

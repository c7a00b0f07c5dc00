import type { Clock } from "@camclips/core";
import { pipeline } from "@camclips/events";
import { cancelClip, type Desk, listGroups, lookAtGroup, lookIntoDeadLetters, replayFrom } from "@camclips/functions";
import { linesIn } from "./log-lines.ts";
import type { OperatorPorts } from "./operator-ports.ts";
import { addMessage } from "./queue.ts";
import { type Enqueue, redriveLocally } from "./redrive.ts";
import { askedAs } from "./sqlite/asked.ts";
import { cursorBehind, listClips } from "./sqlite/clip-list.ts";
import { latestClipIn } from "./sqlite/clip-records.ts";
import type { StateFile } from "./sqlite/state-file.ts";

interface LocalDesk {
  name: string;
  file: StateFile;
  /** Where the runtime keeps its log. */
  folder: string;
  clock: Clock;
  ports: OperatorPorts;
  /** Default: a runtime of another process, or the next one on the file, finds the message. */
  enqueue?: Enqueue;
}

const PAGE = 200;

const storeMessage: Enqueue = (transaction, stage, body, sentMs) => {
  addMessage(transaction, stage, body, sentMs);
  return () => {};
};

/** What people ask and do of the pipeline that works on a state file. */
export function createLocalDesk({ name, file, folder, clock, ports, enqueue = storeMessage }: LocalDesk): Desk {
  const send = async (stage: string, body: string): Promise<void> => {
    const sent = await file.write((transaction) => enqueue(transaction, stage, body, clock.now()));
    sent();
  };
  const countIn = (table: "messages" | "dead_letters", stage: string): number =>
    Number(file.read.row(`SELECT count(*) AS count FROM ${table} WHERE queue = ?`, stage)?.count);

  return {
    name,
    async *clips({ behind, ...wanted }) {
      let cursor = behind && cursorBehind(behind);
      do {
        const page = listClips(file.read, { ...wanted, limit: PAGE, cursor });
        for (const { status, title } of page.clips) yield { ...status, ...(title !== undefined && { title }) };
        cursor = page.next;
      } while (cursor !== undefined);
    },
    async clip(clipId) {
      const status = await ports.records.status(clipId);
      const title = askedAs(file.read, clipId)?.title;
      return status && { ...status, ...(title !== undefined && { title }) };
    },
    latest: async () => latestClipIn(file),
    history: (clipId) => ports.records.history(clipId),
    request: (body) => send("accept-request", body),
    requestGroup: (body) => send("accept-request", body),
    group: (groupId) => lookAtGroup(groupId, ports.records),
    groups: (wanted) => listGroups(wanted, ports.records),
    cancel: (clipId) => cancelClip(clipId, ports),
    queues: async () =>
      pipeline.map(({ stage }) => ({
        stage,
        messages: countIn("messages", stage),
        deadLetters: countIn("dead_letters", stage),
      })),
    logs: (wanted) => linesIn(folder, wanted),
    deadLetters: (functions, limit) => lookIntoDeadLetters(functions, ports, limit),
    redrive: (stage, redrive) => redriveLocally({ file, stage, nowMs: clock.now(), enqueue, ...redrive }),
    async replay(clipId, replay) {
      return replayFrom(await ports.records.history(clipId), replay, clock.now(), (body) => send(replay.from, body));
    },
  };
}

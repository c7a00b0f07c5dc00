import type { DeadLetter } from "@camclips/core";
import { ClipFailed, nextEvent, toEnvelope } from "@camclips/events";
import { sampleEvent } from "@camclips/testing/sample-events";
import { expect, it } from "vitest";
import { DEAD_LETTER_QUEUES, lookIntoDeadLetters } from "./dead-letters.ts";

const NOW = 1_000_000;
const downloaded = sampleEvent("SourcesDownloaded");
const { clipId } = downloaded.metadata;
const failure = {
  request: downloaded.data.request,
  stage: "render-clip",
  reason: "INTERNAL",
  message: "out of memory",
};
const failed = nextEvent(ClipFailed.happened(failure as never), 1, downloaded, "2026-11-23T12:00:00.000Z");

async function lookAt(letters: Partial<DeadLetter>[], queues: readonly string[] = ["render-clip"]) {
  const asked: string[] = [];
  const ports = {
    records: {
      history: async (of: string) => {
        asked.push(of);
        return of === clipId ? [downloaded, failed] : [];
      },
    },
    deadLetters: {
      look: async (queue: string) => {
        const own = letters.filter((letter) => (letter.queue ?? "render-clip") === queue);
        return own.map((letter) => ({ queue, messageId: "m-1", body: "", sentMs: NOW - 60_000, ...letter }));
      },
    },
    clock: { now: () => NOW },
  };
  return { found: await lookIntoDeadLetters(queues, ports, 10), asked };
}

it("says whose clip a dead letter is, what its clip was told because of it, and for how long it rests", async () => {
  const body = JSON.stringify(toEnvelope(downloaded));
  const { found, asked } = await lookAt([{ body }, { body, messageId: "m-2", error: "Error: what the log says" }]);
  const common = { function: "render-clip", clipId, message: "SourcesDownloaded", reason: "INTERNAL", ageMs: 60_000 };
  expect(found).toMatchObject([
    { ...common, error: "out of memory", messageId: "m-1", sentAt: new Date(NOW - 60_000).toISOString() },
    { ...common, error: "Error: what the log says", messageId: "m-2" },
  ]);
  expect(asked).toEqual([clipId]);
});

it("takes no other stage's failure for the reason", async () => {
  const body = JSON.stringify(toEnvelope(downloaded));
  const { found } = await lookAt([{ body, queue: "publish-clip" }], ["publish-clip"]);
  expect(found).toMatchObject([{ reason: null, error: null }]);
});

it("knows callers' requests, and what nobody can read", async () => {
  const letters = [{ body: "{'clipId': 'clip-7'}" }, { body: "hello" }, { body: '{"clipId":"../../etc"}' }];
  expect((await lookAt(letters)).found).toMatchObject([
    { message: "request", clipId: "clip-7" },
    { message: "unreadable", clipId: null },
    { message: "unreadable", clipId: null },
  ]);
});

it("looks beside every stage, and beside the schedules", async () => {
  const letters = ["accept-request", "record-event", "schedules"].map((queue) => ({ queue }));
  const { found } = await lookAt(letters, DEAD_LETTER_QUEUES);
  expect(found.map((letter) => letter.function)).toEqual(["accept-request", "record-event", "schedules"]);
});

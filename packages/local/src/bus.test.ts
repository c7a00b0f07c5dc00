import { type EntryKey, resultEntry } from "@camclips/core";
import { sampleEvent } from "@camclips/testing/sample-events";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createStoredBus } from "./bus.ts";
import { StoredQueue } from "./queue.ts";
import { createSqliteRecords } from "./sqlite/clip-records.ts";
import { StateFile } from "./sqlite/state-file.ts";

const clock = { now: () => 5 };
const located = sampleEvent("SourcesLocated");
const { clipId } = located.metadata;
const under: EntryKey = resultEntry(clipId, "locate-sources", "11111111-1111-8111-8111-111111111111");

let file: StateFile;
beforeEach(() => {
  file = new StateFile(":memory:");
});
afterEach(() => file[Symbol.dispose]());

const queueNamed = (name: string) =>
  new StoredQueue({ file, name, maxReceives: 1, concurrency: 1, redeliverAfterMs: () => 1, consume: async () => {} });
const queues = () => file.read.rows("SELECT queue FROM messages ORDER BY queue").map(({ queue }) => queue);

/** A message that a stage is at, as number 1. */
const received = () => queueNamed("locate-sources").send("{}", 1);

describe("the outbox of one machine", () => {
  it("stores the result, enqueues what follows and deletes the message", async () => {
    await received();
    const seen: string[] = [];
    const { outbox } = createStoredBus({ file, clock, queueOf: queueNamed, onEvent: ({ type }) => seen.push(type) });
    expect(await outbox.publish({ messageId: "1", under, events: [located] })).toMatchObject([{ data: located.data }]);
    expect(queues()).toEqual(["download-sources"]);
    expect(seen).toEqual(["SourcesLocated"]);
    expect(await createSqliteRecords(file, clock).get(under)).toMatchObject({ events: [{ detail: {} }] });
  });

  it("does all of it or nothing", async () => {
    await received();
    const queueOf = (name: string) => {
      throw new Error(`killed before ${name}`);
    };
    const { outbox } = createStoredBus({ file, clock, queueOf });
    await expect(outbox.publish({ messageId: "1", under, events: [located] })).rejects.toThrow("killed");
    expect(queues()).toEqual(["locate-sources"]);
    const records = createSqliteRecords(file, clock);
    expect([await records.get(under), ...(await records.history(clipId))]).toEqual([undefined]);
  });

  it("writes the clip's history together with what it enqueues, each event once", async () => {
    await received();
    const { bus, outbox } = createStoredBus({ file, clock, queueOf: queueNamed });
    await outbox.publish({ messageId: "1", under, events: [located] });
    await bus.publish([located]);
    expect(await createSqliteRecords(file, clock).history(clipId)).toMatchObject([{ data: located.data }]);
  });

  it("publishes the result that was stored first, whatever a second delivery came to", async () => {
    await received();
    const { outbox } = createStoredBus({ file, clock, queueOf: queueNamed });
    await outbox.publish({ messageId: "1", under, events: [located] });
    const second = await outbox.publish({ messageId: "1", under, events: [sampleEvent("SourcesPending")] });
    expect(second.map(({ type }) => type)).toEqual(["SourcesLocated"]);
  });

  it("publishes nothing for a stage whose time is up", async () => {
    await received();
    const { outbox } = createStoredBus({ file, clock, queueOf: queueNamed });
    const signal = AbortSignal.abort(new Error("time is up"));
    await expect(outbox.publish({ messageId: "1", under, events: [located] }, signal)).rejects.toThrow("time is up");
    expect(queues()).toEqual(["locate-sources"]);
  });
});

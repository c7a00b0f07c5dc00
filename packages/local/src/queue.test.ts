import { until } from "@camclips/testing/folders";
import { describe, expect, it } from "vitest";
import { type QueuedMessage, type QueueOptions, StoredQueue } from "./queue.ts";
import { StateFile } from "./sqlite/state-file.ts";

function queueIn(file: StateFile, consume: QueueOptions["consume"], options: Partial<QueueOptions> = {}): StoredQueue {
  return new StoredQueue({
    file,
    name: "q",
    maxReceives: 3,
    concurrency: 2,
    redeliverAfterMs: () => 1,
    consume,
    ...options,
  });
}

const waiting = (file: StateFile) => file.read.rows("SELECT body FROM messages ORDER BY id").map(({ body }) => body);
const dead = (file: StateFile) => file.read.rows("SELECT body, error FROM dead_letters ORDER BY id");

const fail = async () => {
  throw new Error("cannot do it");
};

describe("a queue in a state file", () => {
  it("delivers a message once when it is taken, and keeps nothing of it", async () => {
    using file = new StateFile(":memory:");
    const seen: QueuedMessage[] = [];
    const queue = queueIn(file, async (message) => void seen.push(message));
    queue.start();
    await queue.send("hello", 42);
    await until(() => queue.size === 0);
    expect(seen).toEqual([{ id: 1, body: "hello", sentMs: 42, receives: 1 }]);
    expect(waiting(file)).toEqual([]);
    await queue.stop();
  });

  it("delivers a failed message again, then moves it to the dead letters with its error", async () => {
    using file = new StateFile(":memory:");
    const receives: number[] = [];
    const queue = queueIn(file, (message) => {
      receives.push(message.receives);
      return fail();
    });
    queue.start();
    await queue.send("poison", 42);
    await until(() => queue.size === 0);
    expect(receives).toEqual([1, 2, 3]);
    expect(waiting(file)).toEqual([]);
    expect(dead(file)).toEqual([{ body: "poison", error: "Error: cannot do it" }]);
    await queue.stop();
  });

  it("lets messages of a lane pass others, also those that an earlier process left", async () => {
    using file = new StateFile(":memory:");
    const done: string[] = [];
    const laneOf = (body: string) => (body === "urgent" ? ("high" as const) : undefined);
    const queue = queueIn(file, async ({ body }) => void done.push(body), { concurrency: 1, laneOf });
    for (const body of ["a", "b", "c", "urgent"]) await queue.send(body, 0);
    queue.start();
    await until(() => queue.size === 0);
    expect(done).toEqual(["a", "urgent", "b", "c"]);
    await queue.stop();
  });

  it("lets a poison message hold up nobody else", async () => {
    using file = new StateFile(":memory:");
    const done: string[] = [];
    const queue = queueIn(file, async ({ body }) => (body === "poison" ? fail() : void done.push(body)));
    queue.start();
    for (const body of ["a", "poison", "b", "poison", "c"]) await queue.send(body, 0);
    await until(() => queue.size === 0);
    expect(done.sort()).toEqual(["a", "b", "c"]);
    expect(dead(file)).toHaveLength(2);
    await queue.stop();
  });

  it("works on so many at once, and no more", async () => {
    using file = new StateFile(":memory:");
    let working = 0;
    let most = 0;
    const two = Promise.withResolvers<void>();
    const queue = queueIn(file, async () => {
      most = Math.max(most, ++working);
      if (working === 2) two.resolve();
      await two.promise;
      await new Promise((resolve) => setTimeout(resolve, 2));
      working -= 1;
    });
    queue.start();
    for (let at = 0; at < 12; at += 1) await queue.send("x", 0);
    await until(() => queue.size === 0);
    expect(most).toBe(2);
    await queue.stop();
  });

  it("keeps what was sent before it runs, and what waits when it stops, for the next start", async () => {
    using file = new StateFile(":memory:");
    const before = queueIn(file, fail, { redeliverAfterMs: () => 60_000 });
    await before.send("early", 1);
    before.start();
    await until(() => file.read.row("SELECT receives FROM messages")?.receives === 1 && before.size === 1);
    await before.send("late", 2);
    await before.stop();
    const seen: QueuedMessage[] = [];
    const after = queueIn(file, async (message) => void seen.push(message));
    after.start();
    await until(() => after.size === 0);
    expect(seen).toMatchObject([
      { id: 1, body: "early" },
      { id: 2, body: "late" },
    ]);
    // The delivery that failed counts.
    expect(seen[0]?.receives).toBe(2);
    await after.stop();
  });

  it("waits for the work that is under way when it stops", async () => {
    using file = new StateFile(":memory:");
    const work = Promise.withResolvers<void>();
    let ended = false;
    const queue = queueIn(file, () => work.promise);
    queue.start();
    await queue.send("x", 0);
    const stopped = queue.stop().then(() => {
      ended = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(ended).toBe(false);
    work.resolve();
    await stopped;
    expect(waiting(file)).toEqual([]);
  });

  it("buries a message that ended the process during every delivery, instead of trying it for ever", async () => {
    using file = new StateFile(":memory:");
    await file.write((transaction) =>
      transaction.run("INSERT INTO messages (queue, body, sent_ms, receives) VALUES ('q', 'killer', 1, 3)"),
    );
    const queue = queueIn(file, () => Promise.reject(new Error("it was delivered once more")));
    queue.start();
    await until(() => queue.size === 0);
    expect(dead(file)).toEqual([{ body: "killer", error: "the process ended during every delivery" }]);
    await queue.stop();
  });

  it("survives a disk on which nothing can be written, and goes on when it can", async () => {
    using file = new StateFile(":memory:");
    const consumed: string[] = [];
    const queue = queueIn(file, async ({ body }) => void consumed.push(body));
    await queue.send("x", 0);
    const { write } = file;
    file.write = () => Promise.reject(new Error("ENOSPC, database or disk is full"));
    queue.start();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(queue.size).toBe(1);
    expect(consumed).toEqual([]);
    file.write = write;
    await until(() => queue.size === 0);
    expect(consumed).toEqual(["x"]);
    await queue.stop();
  });

  it("delivers a message that is sent while it starts once", async () => {
    using file = new StateFile(":memory:");
    const seen: number[] = [];
    const queue = queueIn(file, async ({ id }) => void seen.push(id));
    const sent = Array.from({ length: 20 }, () => queue.send("x", 0));
    // In the turn of the commit that makes the messages visible.
    await file.write(() => {});
    queue.start();
    await Promise.all([...sent, ...Array.from({ length: 20 }, () => queue.send("x", 0))]);
    await until(() => queue.size === 0);
    expect(seen).toHaveLength(40);
    expect(new Set(seen).size).toBe(40);
    await queue.stop();
  });
});

import { chmod, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { filesIn, testFolder, until } from "@camclips/testing/folders";
import { describe, expect, it } from "vitest";
import { FolderQueue, type QueuedMessage, type QueueOptions } from "./queue.ts";

function queueIn(root: string, consume: QueueOptions["consume"], options: Partial<QueueOptions> = {}): FolderQueue {
  return new FolderQueue({
    root,
    name: "q",
    maxReceives: 3,
    concurrency: 2,
    redeliverAfterMs: () => 1,
    consume,
    ...options,
  });
}

const fail = async () => {
  throw new Error("cannot do it");
};

describe("a queue in a folder", () => {
  it("delivers a message once when it is taken, and keeps nothing of it", async () => {
    await using folder = await testFolder();
    const seen: QueuedMessage[] = [];
    const queue = queueIn(folder.path, async (message) => void seen.push(message));
    await queue.start();
    await queue.send("m1", "hello", 42);
    await until(() => queue.size === 0);
    expect(seen).toEqual([{ id: "m1", body: "hello", sentMs: 42, receives: 1 }]);
    expect(await filesIn(folder.path)).toEqual([]);
    await queue.stop();
  });

  it("delivers a failed message again, then moves it to the dead letters with its error", async () => {
    await using folder = await testFolder();
    const receives: number[] = [];
    const queue = queueIn(folder.path, (message) => {
      receives.push(message.receives);
      return fail();
    });
    await queue.start();
    await queue.send("m1", "poison", 42);
    await until(() => queue.size === 0);
    expect(receives).toEqual([1, 2, 3]);
    expect(await filesIn(folder.path)).toEqual(["dead-letters/q/m1.json"]);
    await queue.stop();
  });

  it("lets a poison message hold up nobody else", async () => {
    await using folder = await testFolder();
    const done: string[] = [];
    const queue = queueIn(folder.path, async ({ body }) => (body === "poison" ? fail() : void done.push(body)));
    await queue.start();
    for (const body of ["a", "poison", "b", "poison", "c"])
      await queue.send(`m-${done.length}-${Math.random()}`, body, 0);
    await until(() => queue.size === 0);
    expect(done.sort()).toEqual(["a", "b", "c"]);
    expect(await readdir(join(folder.path, "dead-letters", "q"))).toHaveLength(2);
    await queue.stop();
  });

  it("works on so many at once, and no more", async () => {
    await using folder = await testFolder();
    let working = 0;
    let most = 0;
    const two = Promise.withResolvers<void>();
    const queue = queueIn(folder.path, async () => {
      most = Math.max(most, ++working);
      if (working === 2) two.resolve();
      await two.promise;
      await new Promise((resolve) => setTimeout(resolve, 2));
      working -= 1;
    });
    await queue.start();
    for (let at = 0; at < 12; at += 1) await queue.send(`m${at}`, "x", 0);
    await until(() => queue.size === 0);
    expect(most).toBe(2);
    await queue.stop();
  });

  it("keeps what was sent before it runs, and what waits when it stops, for the next start", async () => {
    await using folder = await testFolder();
    const before = queueIn(folder.path, fail, { redeliverAfterMs: () => 60_000 });
    await before.send("m1", "early", 1);
    await before.start();
    await until(async () => (await filesIn(folder.path)).length === 1 && before.size === 1);
    await before.send("m2", "late", 2);
    await before.stop();
    const seen: QueuedMessage[] = [];
    const after = queueIn(folder.path, async (message) => void seen.push(message));
    await after.start();
    await until(() => after.size === 0);
    expect(seen).toMatchObject([
      { id: "m1", body: "early" },
      { id: "m2", body: "late" },
    ]);
    // The delivery that failed counts.
    expect(seen[0]?.receives).toBe(2);
    await after.stop();
  });

  it("waits for the work that is under way when it stops", async () => {
    await using folder = await testFolder();
    const work = Promise.withResolvers<void>();
    let ended = false;
    const queue = queueIn(folder.path, () => work.promise);
    await queue.start();
    await queue.send("m1", "x", 0);
    const stopped = queue.stop().then(() => {
      ended = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(ended).toBe(false);
    work.resolve();
    await stopped;
    expect(await filesIn(folder.path)).toEqual([]);
  });

  it("buries a message that ended the process during every delivery, instead of trying it for ever", async () => {
    await using folder = await testFolder();
    await mkdir(join(folder.path, "queues", "q"), { recursive: true });
    await writeFile(
      join(folder.path, "queues", "q", "m1.json"),
      JSON.stringify({ body: "killer", sentMs: 1, receives: 3 }),
    );
    const queue = queueIn(folder.path, () => Promise.reject(new Error("it was delivered once more")));
    await queue.start();
    await until(() => queue.size === 0);
    expect(await filesIn(folder.path)).toEqual(["dead-letters/q/m1.json"]);
    await queue.stop();
  });

  it("survives a disk on which nothing can be written, and goes on when it can", async () => {
    await using folder = await testFolder();
    const consumed: string[] = [];
    const queue = queueIn(folder.path, async ({ id }) => void consumed.push(id));
    await queue.send("m1", "x", 0);
    // Nothing can be created where a file is: as with a full disk, but also for root.
    await rm(join(folder.path, ".unfinished"), { recursive: true });
    await writeFile(join(folder.path, ".unfinished"), "");
    await chmod(join(folder.path, ".unfinished"), 0o400);
    await queue.start();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(queue.size).toBe(1);
    expect(consumed).toEqual([]);
    await rm(join(folder.path, ".unfinished"));
    await until(() => queue.size === 0);
    expect(consumed).toEqual(["m1"]);
    await queue.stop();
  });

  it("delivers a message that is sent while it starts once", async () => {
    await using folder = await testFolder();
    const seen: string[] = [];
    const queue = queueIn(folder.path, async ({ id }) => void seen.push(id));
    for (let at = 0; at < 20; at += 1) await queue.send(`a${at}`, "x", 0);
    const starting = queue.start();
    await Promise.all(Array.from({ length: 20 }, (_, at) => queue.send(`b${at}`, "x", 0)));
    await starting;
    await until(() => queue.size === 0);
    expect(seen).toHaveLength(40);
    expect(new Set(seen).size).toBe(40);
    await queue.stop();
  });
});

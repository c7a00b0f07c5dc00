import type { ScheduledMessage } from "@camclips/core";
import { filesIn, testFolder, until } from "@camclips/testing/folders";
import { describe, expect, it } from "vitest";
import { FolderTimers, type TimersOptions } from "./timers.ts";

const message = (name: string, atMs: number): ScheduledMessage => ({ name, atMs, queue: "requests", body: name });

function timersIn(root: string, clock: { now: number }, fire?: TimersOptions["fire"]) {
  const fired: string[] = [];
  const keep: TimersOptions["fire"] = async ({ name }) => void fired.push(name);
  return { fired, timers: new FolderTimers({ root, now: () => clock.now, fire: fire ?? keep }) };
}

describe("one-shot schedules in a folder", () => {
  it("fire when they are due, once, and are forgotten", async () => {
    await using folder = await testFolder();
    const clock = { now: 1000 };
    const { timers, fired } = timersIn(folder.path, clock);
    await timers.start();
    expect(await timers.schedule(message("b", 2000))).toBe("scheduled");
    expect(await timers.schedule(message("a", 1500))).toBe("scheduled");
    await timers.fireDue();
    expect(fired).toEqual([]);
    clock.now = 1500;
    await timers.fireDue();
    expect(fired).toEqual(["a"]);
    expect(timers.pending.map(({ name }) => name)).toEqual(["b"]);
    expect(await filesIn(folder.path)).toEqual(["schedules/b.json"]);
    await timers.stop();
  });

  it("fire by themselves as real time passes", async () => {
    await using folder = await testFolder();
    const fired: string[] = [];
    const timers = new FolderTimers({
      root: folder.path,
      now: Date.now,
      fire: async ({ name }) => void fired.push(name),
    });
    await timers.start();
    await timers.schedule(message("past", Date.now() - 86_400_000));
    await timers.schedule(message("soon", Date.now() + 20));
    await until(() => fired.length === 2);
    expect(fired).toEqual(["past", "soon"]);
    await timers.stop();
  });

  it("do not fire early when the clock is set back", async () => {
    await using folder = await testFolder();
    const clock = { now: 1000 };
    const { timers, fired } = timersIn(folder.path, clock);
    await timers.start();
    await timers.schedule(message("a", 1010));
    clock.now = 500;
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(fired).toEqual([]);
    clock.now = 1010;
    await timers.fireDue();
    expect(fired).toEqual(["a"]);
    await timers.stop();
  });

  it("take a name in use for the same thing, also after a restart", async () => {
    await using folder = await testFolder();
    const clock = { now: 0 };
    const first = timersIn(folder.path, clock);
    await first.timers.start();
    await first.timers.schedule(message("a", 1000));
    expect(await first.timers.schedule(message("a", 5000))).toBe("already scheduled");
    await first.timers.stop();
    const second = timersIn(folder.path, clock);
    await second.timers.start();
    expect(await second.timers.schedule(message("a", 5000))).toBe("already scheduled");
    expect(second.timers.pending).toMatchObject([{ name: "a", atMs: 1000 }]);
    await second.timers.stop();
  });

  it("survive a restart, and those missed meanwhile fire at once", async () => {
    await using folder = await testFolder();
    const clock = { now: 0 };
    const first = timersIn(folder.path, clock);
    await first.timers.start();
    await first.timers.schedule(message("missed", 1000));
    await first.timers.schedule(message("ahead", 9_000_000));
    await first.timers.stop();
    clock.now = 2000;
    const second = timersIn(folder.path, clock);
    await second.timers.start();
    await until(() => second.fired.length > 0);
    expect(second.fired).toEqual(["missed"]);
    expect(first.fired).toEqual([]);
    expect(second.timers.pending.map(({ name }) => name)).toEqual(["ahead"]);
    await second.timers.stop();
  });

  it("are tried again when their queue could not take the message", async () => {
    await using folder = await testFolder();
    const clock = { now: 1000 };
    let tries = 0;
    const { timers } = timersIn(folder.path, clock, async () => {
      tries += 1;
      if (tries === 1) throw new Error("the disk is full");
    });
    await timers.start();
    await timers.schedule(message("a", 1000));
    await timers.fireDue();
    expect(timers.pending).toMatchObject([{ name: "a", atMs: 2000 }]);
    clock.now = 2000;
    await timers.fireDue();
    expect(tries).toBe(2);
    expect(await filesIn(folder.path)).toEqual([]);
    await timers.stop();
  });
});

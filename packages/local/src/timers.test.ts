import type { ScheduledMessage } from "@camclips/core";
import { until } from "@camclips/testing/folders";
import { describe, expect, it } from "vitest";
import { StateFile } from "./sqlite/state-file.ts";
import { forgetSchedule, StoredTimers, type TimersOptions } from "./timers.ts";

const message = (name: string, atMs: number): ScheduledMessage => ({ name, atMs, queue: "requests", body: name });

function timersIn(file: StateFile, clock: { now: number }, fire?: TimersOptions["fire"]) {
  const fired: string[] = [];
  const keep: TimersOptions["fire"] =
    (_, { name }) =>
    () =>
      void fired.push(name);
  return { fired, timers: new StoredTimers({ file, now: () => clock.now, fire: fire ?? keep }) };
}

const stored = (file: StateFile) => file.read.rows("SELECT name FROM schedules").map(({ name }) => name);

describe("one-shot schedules in a state file", () => {
  it("fire when they are due, once, and are forgotten", async () => {
    using file = new StateFile(":memory:");
    const clock = { now: 1000 };
    const { timers, fired } = timersIn(file, clock);
    timers.start();
    expect(await timers.schedule(message("b", 2000))).toBe("scheduled");
    expect(await timers.schedule(message("a", 1500))).toBe("scheduled");
    await timers.fireDue();
    expect(fired).toEqual([]);
    clock.now = 1500;
    await timers.fireDue();
    expect(fired).toEqual(["a"]);
    expect(timers.pending.map(({ name }) => name)).toEqual(["b"]);
    expect(stored(file)).toEqual(["b"]);
    await timers.stop();
  });

  it("do not fire once they are forgotten, by this process or by another one", async () => {
    using file = new StateFile(":memory:");
    const clock = { now: 1000 };
    const { timers, fired } = timersIn(file, clock);
    timers.start();
    for (const name of ["here", "elsewhere", "other"]) await timers.schedule(message(name, 1500));
    await timers.unschedule("here");
    await timers.unschedule("unknown");
    expect(timers.pending.map(({ name }) => name)).toEqual(["elsewhere", "other"]);
    await file.write((transaction) => forgetSchedule(transaction, "elsewhere"));
    clock.now = 1500;
    await timers.fireDue();
    expect(fired).toEqual(["other"]);
    await timers.stop();
  });

  it("fire by themselves as real time passes", async () => {
    using file = new StateFile(":memory:");
    const clock = {
      get now() {
        return Date.now();
      },
    };
    const { timers, fired } = timersIn(file, clock);
    timers.start();
    await timers.schedule(message("past", Date.now() - 86_400_000));
    await timers.schedule(message("soon", Date.now() + 20));
    await until(() => fired.length === 2);
    expect(fired).toEqual(["past", "soon"]);
    await timers.stop();
  });

  it("do not fire early when the clock is set back", async () => {
    using file = new StateFile(":memory:");
    const clock = { now: 1000 };
    const { timers, fired } = timersIn(file, clock);
    timers.start();
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
    using file = new StateFile(":memory:");
    const clock = { now: 0 };
    const first = timersIn(file, clock);
    first.timers.start();
    await first.timers.schedule(message("a", 1000));
    expect(await first.timers.schedule(message("a", 5000))).toBe("already scheduled");
    await first.timers.stop();
    const second = timersIn(file, clock);
    second.timers.start();
    expect(await second.timers.schedule(message("a", 5000))).toBe("already scheduled");
    expect(second.timers.pending).toMatchObject([{ name: "a", atMs: 1000 }]);
    await second.timers.stop();
  });

  it("survive a restart, and those missed meanwhile fire at once", async () => {
    using file = new StateFile(":memory:");
    const clock = { now: 0 };
    const first = timersIn(file, clock);
    first.timers.start();
    await first.timers.schedule(message("missed", 1000));
    await first.timers.schedule(message("ahead", 9_000_000));
    await first.timers.stop();
    clock.now = 2000;
    const second = timersIn(file, clock);
    second.timers.start();
    await until(() => second.fired.length > 0);
    expect(second.fired).toEqual(["missed"]);
    expect(first.fired).toEqual([]);
    expect(second.timers.pending.map(({ name }) => name)).toEqual(["ahead"]);
    await second.timers.stop();
  });

  it("are tried again when their queue could not take the message", async () => {
    using file = new StateFile(":memory:");
    const clock = { now: 1000 };
    let tries = 0;
    const { timers } = timersIn(file, clock, () => {
      tries += 1;
      if (tries === 1) throw new Error("the disk is full");
      return () => {};
    });
    timers.start();
    await timers.schedule(message("a", 1000));
    await timers.fireDue();
    expect(timers.pending).toMatchObject([{ name: "a", atMs: 2000 }]);
    clock.now = 2000;
    await timers.fireDue();
    expect(tries).toBe(2);
    expect(stored(file)).toEqual([]);
    await timers.stop();
  });
});

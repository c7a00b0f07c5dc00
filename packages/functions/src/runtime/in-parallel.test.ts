import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { inParallel } from "./in-parallel.ts";

const never = new AbortController().signal;

describe("inParallel", () => {
  it("keeps the order, and to its limit", async () => {
    let working = 0;
    let most = 0;
    const results = await inParallel(3, [5, 1, 4, 2, 3], never, async (item, index) => {
      most = Math.max(most, ++working);
      await sleep(item);
      working -= 1;
      return [item, index];
    });
    expect(results).toEqual([5, 1, 4, 2, 3].map((item, index) => [item, index]));
    expect(most).toBe(3);
  });

  it("ends with the first error, and needs nothing for nothing", async () => {
    await expect(
      inParallel(2, [1, 2, 3], never, async (item) => {
        if (item === 2) throw new Error("two");
      }),
    ).rejects.toThrow("two");
    expect(await inParallel(4, [], never, async () => 1)).toEqual([]);
  });

  it("aborts what is under way when one fails, waits for it, and begins nothing more", async () => {
    const ended: string[] = [];
    const work = inParallel(2, ["breaks", "goes on", "never begun"], never, async (item, _, signal) => {
      if (item === "breaks") throw new Error("broke");
      await sleep(60_000, undefined, { signal }).catch(() => sleep(20));
      ended.push(item);
    });
    await expect(work).rejects.toThrow("broke");
    expect(ended).toEqual(["goes on"]);
  });

  it("hands the stage's own abortion down", async () => {
    const stage = new AbortController();
    const work = inParallel(2, [1], stage.signal, (_, __, signal) => sleep(60_000, undefined, { signal }));
    stage.abort(new Error("time is up"));
    await expect(work).rejects.toMatchObject({ cause: { message: "time is up" } });
  });
});

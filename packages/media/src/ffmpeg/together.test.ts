import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { together } from "./together.ts";

/** Runs until it is told to end, and takes a moment to. */
async function untilEnded(signal: AbortSignal, ended: string[]): Promise<never> {
  if (!signal.aborted) await once(signal, "abort");
  await new Promise((resolve) => setImmediate(resolve));
  ended.push("ended");
  throw signal.reason;
}

describe("runs at the same time", () => {
  it("give what each gave, in their order", async () => {
    const late = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return "late";
    };
    expect(await together<[string, number]>(undefined, [late, async () => 2])).toEqual(["late", 2]);
    expect(await together(undefined, [])).toEqual([]);
  });

  it("end with the first that fails, whose error is thrown when all have ended", async () => {
    const ended: string[] = [];
    const failing = async () => {
      throw new Error("broken");
    };
    const both = together(undefined, [(signal) => untilEnded(signal, ended), failing]);
    await expect(both).rejects.toThrow("broken");
    expect(ended).toEqual(["ended"]);
  });

  it("end when they are told to, for the reason that was given", async () => {
    const ended: string[] = [];
    const stop = new AbortController();
    const run = (signal: AbortSignal) => untilEnded(signal, ended);
    const both = together(stop.signal, [run, run]);
    stop.abort(new Error("not wanted any more"));
    await expect(both).rejects.toThrow("not wanted any more");
    expect(ended).toEqual(["ended", "ended"]);
  });
});

import { notifiedEntry, RetryLater } from "@camclips/core";
import { testWorld } from "@camclips/testing/stage-world";
import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { once, onceAlone } from "./once.ts";

const TOLD = notifiedEntry("clip-1", "x");
const signal = new AbortController().signal;
const schema = z.object({ by: z.string() });

describe("an effect that happens once", () => {
  it.each([
    ["once", once],
    ["onceAlone", onceAlone],
  ] as const)("is not repeated once it was written, and the first result counts (%s)", async (_, guard) => {
    await using world = await testWorld();
    const happened: string[] = [];
    const effect = (by: string) =>
      guard(
        world.deps,
        TOLD,
        schema,
        async () => {
          happened.push(by);
          return { by };
        },
        signal,
      );
    expect(await effect("one")).toEqual({ by: "one" });
    expect(await effect("two")).toEqual({ by: "one" });
    expect(happened).toEqual(["one"]);
  });

  it("is waited for by others that come meanwhile", async () => {
    await using world = await testWorld();
    const begun = Promise.withResolvers<void>();
    const work = Promise.withResolvers<{ by: string }>();
    const effect = () => {
      begun.resolve();
      return work.promise;
    };
    const first = onceAlone(world.deps, TOLD, schema, effect, signal);
    await begun.promise;
    const twice = () => Promise.reject(new Error("twice"));
    const others = [1, 2, 3].map(() => onceAlone(world.deps, TOLD, schema, twice, signal));
    setTimeout(() => work.resolve({ by: "one" }), 30);
    expect(await Promise.all([first, ...others])).toEqual(Array.from({ length: 4 }, () => ({ by: "one" })));
  });

  it("can be tried again at once after it failed", async () => {
    await using world = await testWorld();
    const failing = onceAlone(world.deps, TOLD, schema, () => Promise.reject(new Error("throttled")), signal);
    await expect(failing).rejects.toThrow("throttled");
    expect(await onceAlone(world.deps, TOLD, schema, async () => ({ by: "two" }), signal)).toEqual({ by: "two" });
  });

  it("can be tried again when whoever was at it is gone for longer than it takes", async () => {
    await using world = await testWorld();
    const begun = Promise.withResolvers<void>();
    const never = () => {
      begun.resolve();
      return new Promise<{ by: string }>(() => {});
    };
    void onceAlone(world.deps, TOLD, schema, never, signal);
    await begun.promise;
    world.nowMs += 119_000;
    await expect(onceAlone(world.deps, TOLD, schema, async () => ({ by: "early" }), signal)).rejects.toThrow(
      RetryLater,
    );
    world.nowMs += 2_000;
    expect(await onceAlone(world.deps, TOLD, schema, async () => ({ by: "heir" }), signal)).toEqual({ by: "heir" });
  });
});

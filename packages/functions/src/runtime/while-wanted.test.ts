import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { requestKey, terminalEntry } from "@camclips/core";
import { type AnyEvent, RequestAccepted, SourcesPending } from "@camclips/events";
import { deliver, eventOf, request, type StageWorld, testWorld } from "@camclips/testing/stage-world";
import { expect, it } from "vitest";
import type { Deps } from "./deps.ts";
import { defineStage } from "./process.ts";

const accepted = eventOf(RequestAccepted.happened({ request: request() }));
const rerun: AnyEvent = { ...accepted, metadata: { ...accepted.metadata, rerun: { id: "replay-1", notify: false } } };
const pending = SourcesPending.happened({
  request: request(),
  reason: "NO_FOOTAGE",
  missing: [[1, 2]],
  nextAttemptMs: 5,
});

async function quickWorld(): Promise<StageWorld> {
  const world = await testWorld();
  world.deps.lookMs = 5;
  return world;
}

/** Works in a scratch folder until it is aborted, or for a tenth of a second. */
const slow = defineStage("render-clip", [RequestAccepted], async (_, { scratch }: Pick<Deps, "scratch">, signal) => {
  await using _folder = await scratch();
  await setTimeout(100, undefined, { signal });
  return [pending];
});

/** What an operator does meanwhile, or another delivery. */
const decide = ({ deps }: StageWorld, status: string) =>
  deps.records.putOnce(terminalEntry("clip-1", requestKey(request())), { status });

const dropped = (world: StageWorld) =>
  world.lines.flatMap(({ message, fields }) => (message === "stage dropped its work" ? [fields.why] : []));

it("a clip that is cancelled while it is worked on: the work ends, is told nobody, and leaves no folder", async () => {
  await using world = await quickWorld();
  const working = deliver(slow, accepted, world);
  await decide(world, "CLIP_CANCELLED");
  expect(await working).toEqual([]);
  expect(dropped(world)).toEqual(["the clip was cancelled"]);
  expect(world.metrics).toEqual(["Dropped"]);
  expect(await readdir(join(world.folder, "scratch"))).toEqual([]);
});

it("work for a clip that gets another terminal status meanwhile ends, too, but a rerun's does not", async () => {
  await using world = await quickWorld();
  const both = [deliver(slow, accepted, world), deliver(slow, rerun, world)];
  await decide(world, "FATAL_ERROR");
  await Promise.all(both);
  expect(dropped(world)).toEqual(["the clip has its terminal status"]);
  expect(world.published.map(({ type, metadata }) => [type, metadata.rerun?.id])).toEqual([
    ["SourcesPending", "replay-1"],
  ]);
});

it("a rerun's work ends when its clip is cancelled", async () => {
  await using world = await quickWorld();
  const working = deliver(slow, rerun, world);
  await decide(world, "CLIP_CANCELLED");
  expect(await working).toEqual([]);
});

it("a look that fails stops nothing, and the next one finds what there is to find", async () => {
  await using world = await quickWorld();
  const { get } = world.deps.records;
  let looks = 0;
  world.deps.records.get = (key, signal) => {
    if (key.name.startsWith("terminal/")) looks += 1;
    return looks === 2 ? Promise.reject(new Error("503")) : get(key, signal);
  };
  const working = deliver(slow, accepted, world);
  await decide(world, "CLIP_CANCELLED");
  expect(await working).toEqual([]);
  expect(looks).toBeGreaterThan(2);
});

it("work that is done within a second is not looked after", async () => {
  await using world = await testWorld();
  const { get } = world.deps.records;
  let looks = 0;
  world.deps.records.get = (key, signal) => {
    if (key.name.startsWith("terminal/")) looks += 1;
    return get(key, signal);
  };
  await deliver(slow, accepted, world);
  // At the door.
  expect(looks).toBe(1);
});

it("a stage whose time is up still learns that, and its message comes again", async () => {
  await using world = await quickWorld();
  const timeUp = new AbortController();
  const seen: unknown[] = [];
  const waiting = defineStage("render-clip", [RequestAccepted], async (_, _deps, signal) => {
    timeUp.abort(new Error("time is up"));
    if (!signal.aborted) await once(signal, "abort");
    seen.push((signal.reason as Error).message);
    throw signal.reason;
  });
  await expect(deliver(waiting, accepted, world, { signal: timeUp.signal })).rejects.toThrow("time is up");
  expect(seen).toEqual(["time is up"]);
});

import { sampleEvent } from "@camclips/testing/sample-events";
import { describe, expect, expectTypeOf, it } from "vitest";
import { catalog, type EventType } from "./catalog.ts";
import { MAX_HOPS } from "./metadata.ts";
import {
  deployedRows,
  lanesOf,
  type PipelineStage,
  pipeline,
  type StageName,
  stageNamed,
  takersOf,
} from "./pipeline.ts";
import type { Lane } from "./schemas.ts";

const rows: readonly PipelineStage[] = pipeline;
const types = catalog.map(({ type }) => type);
const takenBy = (row: PipelineStage): readonly EventType[] => (row.input.from === "bus" ? row.input.events : []);

/** The wrapper emits it for every stage whose failure ends the clip. */
const emittedBy = (row: PipelineStage): readonly EventType[] => [
  ...row.emits,
  ...(row.failsClip ? ["ClipFailed" as const] : []),
];

describe.each(rows.map((row) => [row.stage, row] as const))("the stage %s", (stage, row) => {
  it("takes and emits only events of the catalogue, each named once", () => {
    for (const events of [takenBy(row), row.emits]) {
      expect(types).toEqual(expect.arrayContaining([...events]));
      expect(new Set(events).size).toBe(events.length);
    }
  });

  it("never takes what it emits: the shortest loop there is", () => {
    expect(takenBy(row).filter((type) => emittedBy(row).includes(type))).toEqual([]);
  });

  it("stays within what Lambda, SQS and the schedules allow", () => {
    expect(row.memoryMb).toBeGreaterThanOrEqual(128);
    expect(row.memoryMb).toBeLessThanOrEqual(10_240);
    expect(row.timeoutSeconds).toBeLessThanOrEqual(900);
    expect(row.storageMb).toBeGreaterThanOrEqual(512);
    expect(row.storageMb).toBeLessThanOrEqual(10_240);
    expect(row.concurrency).toBeGreaterThanOrEqual(2);
    expect(row.concurrency).toBeLessThanOrEqual(1000);
    expect(row.batchSize).toBeLessThanOrEqual(10);
    expect(row.maxReceives).toBeGreaterThan(1);
    // A schedule's name is `<stage>-<UUID>`, of at most 64 characters.
    expect(stage.length + 1 + 36).toBeLessThanOrEqual(64);
  });

  it("is found by its name", () => {
    expect(stageNamed(stage)).toBe(row);
  });
});

it("has a stage that emits every event, and takes none that nobody emits", () => {
  const emitted = new Set(rows.flatMap(emittedBy));
  expect([...emitted].sort()).toEqual([...types].sort());
  expect(rows.flatMap(takenBy).filter((type) => !emitted.has(type))).toEqual([]);
});

it("leads from every event to the end, but for those that tell something by the way", () => {
  const leads = (type: EventType): boolean =>
    type === "ClipPublished" || rows.some((row) => takenBy(row).includes(type) && emittedBy(row).some(leads));
  const chain: EventType[] = ["RequestAccepted", "SourcesLocated", "SourcesDownloaded", "ClipRendered"];
  expect(
    [...chain, "ThumbnailsRendered", "SourcesPending", "ClipRejected", "ClipFailed"].filter(
      (type) => !leads(type as EventType),
    ),
  ).toEqual([]);
});

it("has every event written into the history", () => {
  expect(takenBy(stageNamed("record-event"))).toEqual(types);
});

it("has no way back from any event to itself, and no path longer than the bound on hops", () => {
  const follows = (type: EventType): EventType[] =>
    rows.filter((row) => takenBy(row).includes(type)).flatMap(emittedBy);
  const longest = (type: EventType, path: readonly EventType[]): number => {
    expect(path, `a loop: ${[...path, type].join(" -> ")}`).not.toContain(type);
    return 1 + Math.max(0, ...follows(type).map((next) => longest(next, [...path, type])));
  };
  for (const type of types) expect(longest(type, [])).toBeLessThan(MAX_HOPS);
});

it("gives ffmpeg to the two render stages only", () => {
  expect(rows.filter(({ ffmpeg }) => ffmpeg).map(({ stage }) => stage)).toEqual(["render-clip", "render-thumbnails"]);
});

it("lets publish-clip alone reach the topic, and the render stages alone the destination", () => {
  const granted = (grant: PipelineStage["grants"][number]) =>
    rows.filter(({ grants }) => grants.includes(grant)).map(({ stage }) => stage);
  expect(granted("topic:publish")).toEqual(["publish-clip"]);
  expect(granted("destination:write")).toEqual(["render-clip", "render-thumbnails"]);
  expect(granted("origin:read")).toEqual(["download-sources", "wake-clips"]);
});

it("is deployed with the stage that new recordings feed only where they are to wake clips", () => {
  const deployed = (EARLY_WAKE: boolean) => deployedRows({ EARLY_WAKE }).map(({ stage }) => stage);
  expect(deployed(true)).toEqual(rows.map(({ stage }) => stage));
  expect(deployed(false)).toEqual(deployed(true).filter((stage) => stage !== "wake-clips"));
});

it("puts an event into the lane of its clip at the stages that have it, and into the usual queue elsewhere", () => {
  const sample = sampleEvent("RequestAccepted");
  const queuesOf = (lane: Lane | undefined) =>
    takersOf({ ...sample, metadata: { ...sample.metadata, lane } }).map((taker) => [taker.stage, taker.lane]);
  expect(queuesOf("high")).toEqual([
    ["locate-sources", "high"],
    ["record-event", undefined],
  ]);
  expect(queuesOf(undefined)).toEqual([
    ["locate-sources", undefined],
    ["record-event", undefined],
  ]);
});

it("has functions enough in every lane for SQS, at each stage that has lanes", () => {
  for (const row of rows) {
    expect([[], ["high", "low"]]).toContainEqual(lanesOf(row));
    for (const concurrency of Object.values(row.lanes)) expect(concurrency).toBeGreaterThanOrEqual(2);
  }
});

it("says which stages there are when asked for another", () => {
  expect(() => stageNamed("render-gif")).toThrow(/no stage "render-gif": accept-request, locate-sources/);
});

it("knows its stages by their types, too", () => {
  expectTypeOf<"accept-request" | "record-event">().toExtend<StageName>();
  expectTypeOf<string>().not.toExtend<StageName>();
});

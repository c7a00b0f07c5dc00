import { RequestAccepted } from "@camclips/events";
import {
  deliver,
  down,
  eventOf,
  onlyOne,
  request,
  START,
  type StageWorld,
  testWorld,
} from "@camclips/testing/stage-world";
import { describe, expect, it } from "vitest";
import { locateSources } from "./locate-sources.ts";

const locate = (world: StageWorld, change: Parameters<typeof request>[0] = {}, receiveCount = 1) =>
  deliver(locateSources, eventOf(RequestAccepted.happened({ request: request(change) })), world, { receiveCount });

describe("locating", () => {
  it("finds the recordings of the range, and which part each supplies", async () => {
    await using world = await testWorld();
    const names = [await world.record(START - 20_000), await world.record(START), await world.record(START + 20_000)];
    const { data } = onlyOne("SourcesLocated", await locate(world, { endMs: START + 25_000 }));
    expect(data.alias).toBe("pier");
    expect(data.gaps).toEqual([]);
    expect(data.sources).toEqual([
      { key: names[1], startMs: START, endMs: START + 20_000, fromMs: START + 5_000, toMs: START + 20_000 },
      { key: names[2], startMs: START + 20_000, endMs: START + 40_000, fromMs: START + 20_000, toMs: START + 25_000 },
    ]);
  });

  it("tells of the recording before a join in which the range starts: nothing is missing there", async () => {
    await using world = await testWorld();
    const names = [await world.record(START), await world.record(START + 20_300)];
    const range = { startMs: START + 20_280, endMs: START + 25_000 };
    const { data } = onlyOne("SourcesLocated", await locate(world, range));
    expect(data.gaps).toEqual([]);
    expect(data.sources.map(({ key }) => key)).toEqual([names[1]]);
    expect(data.others?.map(({ key }) => key)).toEqual([names[0]]);
  });

  it("tells of the recording behind a join in which the range ends", async () => {
    await using world = await testWorld();
    const names = [await world.record(START), await world.record(START + 20_300)];
    const range = { startMs: START + 10_000, endMs: START + 20_100 };
    const { data } = onlyOne("SourcesLocated", await locate(world, range));
    expect(data.gaps).toEqual([]);
    expect(data.others?.map(({ key }) => key)).toEqual([names[1]]);
  });

  it("asks for a recording's length around the range, and for as much after it as it would wait", async () => {
    await using world = await testWorld();
    const asked: number[] = [];
    world.deps.cameras.recordings = async (_, from, to) => {
      asked.push(from - START, to - START);
      return [];
    };
    await locate(world);
    expect(asked).toEqual([5_000 - 600_000, 15_000 + 900_000]);
  });

  it("refuses a clip that is too long before it asks anybody", async () => {
    await using world = await testWorld();
    const { data } = onlyOne("ClipRejected", await locate(world, { endMs: START + 305_001 }));
    expect(data).toMatchObject({ status: "CLIP_TOO_LONG", reason: "CLIP_TOO_LONG" });
    expect(world.calls).toEqual([]);
  });

  it("is pending while there are none", async () => {
    await using world = await testWorld();
    const { data } = onlyOne("SourcesPending", await locate(world));
    expect(data).toMatchObject({
      reason: "RECORDING_NOT_YET_AVAILABLE",
      missing: [[START + 5_000, START + 15_000]],
      nextAttemptMs: START + 120_000,
    });
  });

  it("is over when newer footage exists", async () => {
    await using world = await testWorld();
    await world.record(START + 20_000);
    const { data } = onlyOne("ClipRejected", await locate(world));
    expect(data).toMatchObject({ status: "CLIP_NOT_AVAILABLE", reason: "NO_FOOTAGE", conflict: false });
    expect(data.coverage?.gaps).toEqual([{ startMs: START + 5_000, endMs: START + 15_000, cause: "NOT_RECORDED" }]);
  });

  it("has no clip of a camera that nobody knows", async () => {
    await using world = await testWorld();
    const { data } = onlyOne("ClipRejected", await locate(world, { cameraId: "cam-2" }));
    expect(data).toMatchObject({ status: "FATAL_ERROR", reason: "UNKNOWN_CAMERA", message: "no camera cam-2" });
  });

  it("comes back later while the camera service is down", async () => {
    await using world = await testWorld();
    world.fault = (effect) => void (effect === "recordings" && down());
    expect(await locate(world, {}, 4)).toEqual([]);
    expect(world.schedules).toMatchObject([{ queue: "locate-sources" }]);
  });

  it("takes footage only that it can use out of a list", async () => {
    await using world = await testWorld();
    const name = await world.record(START);
    world.listed.push(
      { recordingUrl: "https://x/..", startDate: "", endDate: "" },
      { recordingUrl: "", startDate: "x", endDate: "y" },
    );
    const { data } = onlyOne("SourcesLocated", await locate(world));
    expect(data.sources.map(({ key }) => key)).toEqual([name]);
  });
});

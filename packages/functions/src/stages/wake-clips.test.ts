import { ComeBack, readRequest, resultEntry, ServiceUnavailableError } from "@camclips/core";
import { recordingName } from "@camclips/core/recording-name";
import type { AnyEvent, SourcesPending } from "@camclips/events";
import {
  ALIAS,
  deliver,
  down,
  onlyOne,
  RECORDING_MS,
  request,
  requestBody,
  START,
  type StageWorld,
  testWorld,
} from "@camclips/testing/stage-world";
import { describe, expect, it, vi } from "vitest";
import { acceptRequest } from "./accept-request.ts";
import { downloadSources } from "./download-sources.ts";
import { locateSources } from "./locate-sources.ts";
import { recordEvent } from "./record-event.ts";
import { scheduleRetry } from "./schedule-retry.ts";
import { wakeClips } from "./wake-clips.ts";

const on = { EARLY_WAKE: "true" };

type Pending = Extract<AnyEvent, { type: typeof SourcesPending.type }>;

const created = (key: string) => ({
  source: "aws.s3",
  "detail-type": "Object Created",
  detail: { bucket: { name: "recordings" }, object: { key, size: 1 } },
});

/** An attempt that finds too little, as far as its schedule. */
async function wait(world: StageWorld, change: Parameters<typeof request>[0] = {}): Promise<Pending> {
  const asked = request(change);
  const body = requestBody(asked);
  const accepted = onlyOne("RequestAccepted", await deliver(acceptRequest, body, world, { sentMs: asked.sentMs }));
  const pending = onlyOne("SourcesPending", await deliver(locateSources, accepted, world));
  await deliver(scheduleRetry, pending, world);
  return pending;
}

const wake = (world: StageWorld, key: string, receiveCount = 1) =>
  deliver(wakeClips, created(key), world, { receiveCount });

const nameOf = (world: StageWorld, startMs: number) => recordingName(ALIAS, startMs, world.deps.settings);

describe("footage that lands", () => {
  it("has the clip that waits for it tried at once, as its schedule would", async () => {
    await using world = await testWorld(on);
    await wait(world);
    world.nowMs += 7_000;
    const accepted = onlyOne("RequestAccepted", await wake(world, await world.record(START)));
    const [schedule] = world.schedules.filter(({ queue }) => queue === "requests");
    const { request: planned } = readRequest(schedule?.body, world.nowMs);
    expect(accepted.data.request).toEqual(planned);
    expect(accepted.data.request.retryTimestamps).toEqual([START + 60_000]);
    onlyOne("SourcesLocated", await deliver(locateSources, accepted, world));
    expect(await world.deps.records.status("clip-1")).toMatchObject({ state: "working", attempt: 2 });
    expect(world.metrics).toContain("Woken");
  });

  it("wakes by whatever layout the recordings have", async () => {
    await using world = await testWorld({ ...on, RECORDING_LAYOUT: "{camera}/%Y-%m-%d/%H.%M.%S" });
    await wait(world);
    const iso = new Date(START).toISOString();
    const name = `${ALIAS}/${iso.slice(0, 10)}/${iso.slice(11, 19).replaceAll(":", ".")}.mp4`;
    const accepted = onlyOne("RequestAccepted", await wake(world, await world.record(START, undefined, name)));
    const located = onlyOne("SourcesLocated", await deliver(locateSources, accepted, world));
    expect(located.data.sources).toMatchObject([{ key: name, startMs: START }]);
    onlyOne("SourcesDownloaded", await deliver(downloadSources, located, world));
  });

  it("has every clip tried that waits for it", async () => {
    await using world = await testWorld(on);
    const clipIds = Array.from({ length: 9 }, (_, index) => `clip-${index}`);
    for (const clipId of clipIds) await wait(world, { clipId });
    const woken = await wake(world, await world.record(START));
    expect(woken.map(({ metadata }) => metadata.clipId).sort()).toEqual(clipIds);
  });

  it("wakes a clip once, though two objects tell of it at the same moment", async () => {
    await using world = await testWorld(on);
    await wait(world);
    const names = [await world.record(START), await world.record(START - RECORDING_MS)];
    const both = Promise.withResolvers<void>();
    world.deps.cameras.recordings = async () => {
      world.calls.push("look");
      if (world.calls.filter((call) => call === "look").length === names.length) both.resolve();
      await both.promise;
      return world.listed;
    };
    const before = world.published.length;
    await Promise.all(names.map((name) => deliver(wakeClips, created(name), world, { messageId: name })));
    expect(world.published.slice(before).map(({ type }) => type)).toEqual(["RequestAccepted"]);
  });

  it("has the schedule of the attempt do nothing, once the attempt is in the clip's history", async () => {
    await using world = await testWorld(on);
    await wait(world);
    const [accepted] = await wake(world, await world.record(START));
    const [schedule] = world.schedules.filter(({ queue }) => queue === "requests");
    world.nowMs = schedule?.atMs ?? 0;
    onlyOne("RequestAccepted", await deliver(acceptRequest, schedule?.body, world));
    await deliver(recordEvent, accepted, world);
    expect(await deliver(acceptRequest, schedule?.body, world)).toEqual([]);
  });

  it("is left to the schedule where the setting is off: nobody is noted to wait", async () => {
    await using world = await testWorld();
    await wait(world);
    expect(await wake(world, await world.record(START))).toEqual([]);
    const all = world.deps.records.waitingFor(ALIAS, { fromMs: 0, toMs: 2 * START });
    expect(await Array.fromAsync(all)).toEqual([]);
  });

  it("is looked for again soon where the camera service does not list it yet, and is then the schedule's", async () => {
    await using world = await testWorld(on);
    await wait(world);
    const name = nameOf(world, START);
    await expect(wake(world, name)).rejects.toThrow(ComeBack);
    await expect(wake(world, name, 3)).rejects.toMatchObject({ seconds: 8 });
    expect(await wake(world, name, 4)).toEqual([]);
    await world.record(START);
    onlyOne("RequestAccepted", await wake(world, name, 3));
  });

  it("does not use up a try where too little is there still", async () => {
    await using world = await testWorld(on);
    await wait(world, { endMs: START + 30_000 });
    expect(await wake(world, await world.record(START))).toEqual([]);
    onlyOne("RequestAccepted", await wake(world, await world.record(START + RECORDING_MS)));
  });

  it("does not use up a try where other recordings are listed that are not in the bucket yet", async () => {
    await using world = await testWorld(on);
    await wait(world, { endMs: START + 30_000 });
    const first = await world.record(START);
    await world.record(START + RECORDING_MS, null);
    expect(await wake(world, first)).toEqual([]);
  });

  it("is waited for a moment behind newer footage, which says that it will never come", async () => {
    await using world = await testWorld(on);
    await wait(world);
    const newer = await world.record(START + RECORDING_MS);
    await expect(wake(world, newer)).rejects.toThrow(ComeBack);
    onlyOne("RequestAccepted", await wake(world, newer, 4));
  });

  it("leaves a range alone that is not over", async () => {
    await using world = await testWorld(on);
    await wait(world, { endMs: START + 70_000 });
    expect(await wake(world, await world.record(START))).toEqual([]);
    expect(world.calls.filter((call) => call === "recordings")).toHaveLength(1);
  });

  it("wakes nobody of another camera, of another time, or by a name that says neither", async () => {
    await using world = await testWorld(on);
    await wait(world);
    const calls = world.calls.length;
    const { records } = world.deps;
    const queries = vi.spyOn(records, "waitingFor");
    const reads = [vi.spyOn(records, "get"), vi.spyOn(records, "status")];
    const names = [
      nameOf(world, START).replace(ALIAS, "gate"),
      nameOf(world, START - 3600_000),
      nameOf(world, START + 3600_000),
      `other/${nameOf(world, START)}`,
      "pier.jpg",
      "",
    ];
    for (const name of names) expect(await wake(world, name)).toEqual([]);
    expect(world.calls).toHaveLength(calls);
    // Of most objects in a storm this is all: what docs/operations.md counts.
    expect(queries).toHaveBeenCalledTimes(3);
    for (const read of reads) expect(read).not.toHaveBeenCalled();
  });

  it("wakes nobody who was answered, or cancelled, or is at work already", async () => {
    await using world = await testWorld(on);
    await wait(world);
    const name = await world.record(START);
    const status = (await world.deps.records.status("clip-1")) ?? expect.fail("no status");
    await world.deps.records.setStatus({ ...status, state: "working", attempt: 2, order: "1.0002.0" });
    await expect(wake(world, name)).rejects.toThrow(ComeBack);
    await world.deps.records.setStatus({ ...status, attempt: 2, order: "1.0002.1" });
    expect(await wake(world, name)).toEqual([]);
    await world.deps.records.setStatus({ ...status, state: "cancelled", order: "2" });
    expect(await wake(world, name)).toEqual([]);
  });

  it("is looked for again where its news comes while the clip is about to wait", async () => {
    await using world = await testWorld(on);
    const accepted = onlyOne("RequestAccepted", await deliver(acceptRequest, requestBody(), world));
    const pending = onlyOne("SourcesPending", await deliver(locateSources, accepted, world));
    const name = await world.record(START);
    await expect(wake(world, name)).rejects.toThrow(ComeBack);
    await deliver(scheduleRetry, pending, world);
    onlyOne("RequestAccepted", await wake(world, name, 2));
  });

  it("is the schedule's where its news comes before anybody is known to wait", async () => {
    await using world = await testWorld(on);
    const name = nameOf(world, START);
    expect(await wake(world, name)).toEqual([]);
    await wait(world);
    expect(world.schedules.map(({ queue }) => queue)).toContain("requests");
  });

  it("is not ahead of the pending status that the camera service is being told", async () => {
    await using world = await testWorld(on);
    world.fault = (effect) => void (effect === "put" && down());
    const pending = await wait(world);
    const name = await world.record(START);
    await expect(wake(world, name)).rejects.toThrow(ComeBack);
    await world.deps.records.putOnce(resultEntry("clip-1", "schedule-retry", pending.metadata.id), { events: [] });
    onlyOne("RequestAccepted", await wake(world, name));
  });

  it("wakes a clip whose recording was listed before it was in the bucket", async () => {
    await using world = await testWorld(on);
    const name = await world.record(START, null);
    const accepted = onlyOne("RequestAccepted", await deliver(acceptRequest, requestBody(), world));
    const located = onlyOne("SourcesLocated", await deliver(locateSources, accepted, world));
    const pending = onlyOne("SourcesPending", await deliver(downloadSources, located, world));
    await deliver(scheduleRetry, pending, world);
    expect(await wake(world, name)).toEqual([]);
    world.listed.length = 0;
    await world.record(START);
    onlyOne("RequestAccepted", await wake(world, name));
  });

  it("makes no more than a third of the tries early: the time that a clip is waited for stays", async () => {
    await using world = await testWorld(on);
    const retryTimestamps = [1, 2, 3, 4, 5].map((second) => START + 50_000 + second * 1000);
    await wait(world, { retryTimestamps });
    expect(await wake(world, await world.record(START))).toEqual([]);
    await using second = await testWorld(on);
    await wait(second, { retryTimestamps: retryTimestamps.slice(1) });
    onlyOne("RequestAccepted", await wake(second, await second.record(START)));
  });

  it("does not tell a clip's last try by its number that nothing came: that is the schedule's", async () => {
    await using world = await testWorld(on);
    const retryTimestamps = Array.from({ length: 15 }, (_, index) => START + 60_000 - (15 - index) * 60_000);
    await wait(world, { retryTimestamps, startMs: START - 900_000, endMs: START - 890_000 });
    expect(await wake(world, nameOf(world, START - 900_000), 4)).toEqual([]);
  });

  it("goes on where an earlier delivery broke off behind its claim", async () => {
    await using world = await testWorld(on);
    await wait(world);
    const name = await world.record(START);
    world.fault = (effect) => {
      if (effect === "bus") throw new ServiceUnavailableError("EventBridge: 503");
    };
    await expect(wake(world, name)).rejects.toThrow(ComeBack);
    world.fault = undefined;
    onlyOne("RequestAccepted", await wake(world, name, 2));
    await deliver(recordEvent, world.published.at(-1), world);
    await expect(wake(world, name, 3)).rejects.toThrow(ComeBack);
    expect(world.published.filter(({ type }) => type === "RequestAccepted")).toHaveLength(2);
  });

  it("is the schedule's while the camera service is down: no dead letter", async () => {
    await using world = await testWorld(on);
    await wait(world);
    const name = await world.record(START);
    world.fault = (effect) => void (effect === "recordings" && down());
    await expect(wake(world, name)).rejects.toThrow(ComeBack);
    expect(await wake(world, name, 4)).toEqual([]);
    expect(world.lines.map(({ message }) => message)).toContain("a clip was not woken");
  });
});

it("what is no new object is refused", async () => {
  await using world = await testWorld(on);
  await expect(deliver(wakeClips, { source: "aws.s3" }, world)).rejects.toThrow();
});

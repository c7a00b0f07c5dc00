import {
  CameraServiceError,
  claimEntry,
  notifiedEntry,
  requestKey,
  ServiceUnavailableError,
  workingStatus,
} from "@camclips/core";
import {
  type AnyEvent,
  ClipFailed,
  ClipPublished,
  ClipRejected,
  RequestAccepted,
  type Rerun,
  ThumbnailsRendered,
} from "@camclips/events";
import { deliver, down, eventOf, onlyOne, request, type StageWorld, testWorld } from "@camclips/testing/stage-world";
import { describe, expect, it } from "vitest";
import { checkDeadline } from "./check-deadline.ts";
import { publishClip } from "./publish-clip.ts";
import { recordEvent } from "./record-event.ts";

const clip = {
  key: "cam-1/clip-1.mp4",
  bytes: 10,
  sha256: "a".repeat(64),
  durationMs: 10_000,
  width: 64,
  height: 36,
  frames: 50,
  encodedFrames: 0,
  audio: false,
  precision: "smart" as const,
  why: "",
};
const coverage = { requested: [1, 2] as [number, number], delivered: [], gaps: [], startErrorMs: 0, endErrorMs: 0 };
const thumbnails = [{ key: "cam-1/clip-1_300.jpg", width: 300, bytes: 1 }];

const available = (rerun?: Rerun) =>
  eventOf(ThumbnailsRendered.happened({ request: request(), clip, coverage, thumbnails }), {
    key: "rendered",
    ...(rerun && { rerun }),
  });
const failed = (rerun?: Rerun) =>
  eventOf(ClipFailed.happened({ request: request(), stage: "render-clip", reason: "INTERNAL", message: "broke" }), {
    key: "failed",
    ...(rerun && { rerun }),
  });
const rejected = (conflict = false) =>
  eventOf(
    ClipRejected.happened({
      request: request(),
      status: "FATAL_ERROR",
      reason: "INVALID_REQUEST",
      message: "no",
      conflict,
    }),
    { key: "rejected" },
  );

const publish = (world: StageWorld, event: AnyEvent = available(), receiveCount = 1) =>
  deliver(publishClip, event, world, { receiveCount });
const statuses = (world: StageWorld) => ({
  put: world.puts.map(({ body }) => body.status),
  sns: world.notifications.map(({ message }) => JSON.parse(message).status),
});

/** Subscribers are told, and writing that down fails for so many times. @returns what puts it right. */
function cannotWriteTold(world: StageWorld, error: Error, times: number): () => void {
  const { records } = world.deps;
  const told = notifiedEntry("clip-1", requestKey(request()));
  let left = times;
  world.deps.records = {
    ...records,
    async putOnce(key, ...rest) {
      if (key.name === told.name && left-- > 0) throw error;
      return records.putOnce(key, ...rest);
    },
  };
  return () => {
    world.deps.records = records;
  };
}

describe("publishing", () => {
  it("tells the camera service and the topic the same, and says so", async () => {
    await using world = await testWorld();
    const event = available();
    const { data } = onlyOne("ClipPublished", await publish(world, event));
    expect(data).toMatchObject({ status: "CLIP_AVAILABLE", notified: true });
    expect(world.puts).toEqual([{ clipId: "clip-1", body: data.clipMetadata }]);
    expect(world.notifications.map(({ message }) => JSON.parse(message))).toEqual([data.clipMetadata]);
    expect(world.notifications[0]?.attributes).toEqual({
      status: "CLIP_AVAILABLE",
      cameraId: "cam-1",
      notificationId: event.metadata.id,
    });
    expect(data.clipMetadata).toMatchObject({ bucket: "clips", workMs: 1, waitMs: 0 });
  });

  it("counts work from when the pipeline took the message up, however long ago that was sent", async () => {
    await using world = await testWorld();
    const saved = request({ sentMs: request().sentMs - 272_368_236_513 });
    const event = eventOf(ThumbnailsRendered.happened({ request: saved, clip, coverage, thumbnails }));
    await publish(world, event);
    const told = [world.puts[0]?.body, JSON.parse(world.notifications[0]?.message ?? "{}")];
    for (const body of told) expect(body).toMatchObject({ workMs: 1, waitMs: 0, realtimeFactor: 10_000 });
  });

  it("names the reason to subscribers who filter", async () => {
    await using world = await testWorld();
    await publish(world, failed());
    expect(world.notifications[0]?.attributes).toMatchObject({ status: "FATAL_ERROR", reason: "INTERNAL" });
    expect(world.puts[0]?.body).toMatchObject({
      status: "FATAL_ERROR",
      reason: "INTERNAL",
      retryable: true,
      message: "broke",
      thumbnail: { sizes: [] },
    });
  });

  it("leaves out what is empty, which SNS would refuse", async () => {
    await using world = await testWorld();
    const unread = { ...request(), cameraId: "", startMs: null, endMs: null };
    const event = eventOf(
      ClipRejected.happened({
        request: unread as never,
        status: "FATAL_ERROR",
        reason: "INVALID_REQUEST",
        message: "",
      }),
    );
    await publish(world, event);
    expect(Object.keys(world.notifications[0]?.attributes ?? {})).toEqual(["status", "notificationId", "reason"]);
  });

  it("happens once, however often the event comes", async () => {
    await using world = await testWorld();
    const ids = new Set<string>();
    for (let time = 0; time < 3; time += 1) ids.add(onlyOne("ClipPublished", await publish(world)).metadata.id);
    expect(statuses(world)).toEqual({ put: ["CLIP_AVAILABLE"], sns: ["CLIP_AVAILABLE"] });
    expect(ids.size).toBe(1);
  });

  it("happens once when the event is delivered twice at the same time", async () => {
    await using world = await testWorld();
    const notify = world.deps.topic.notify;
    world.deps.topic.notify = async (notification) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return notify(notification);
    };
    await Promise.all([publish(world), publish(world), publish(world)]);
    expect(statuses(world).sns).toEqual(["CLIP_AVAILABLE"]);
    const published = world.published.filter(({ type }) => type === "ClipPublished");
    expect(new Set(published.map(({ metadata }) => metadata.id)).size).toBe(1);
  });
});

describe("the terminal status", () => {
  it("is the first one, whatever comes after it", async () => {
    await using world = await testWorld();
    const first = onlyOne("ClipPublished", await publish(world));
    const { data, metadata } = onlyOne("ClipPublished", await publish(world, failed()));
    expect(await world.deps.records.status("clip-1")).toMatchObject({ state: "available", outcome: "CLIP_AVAILABLE" });
    expect({ id: metadata.id, data }).toEqual({ id: first.metadata.id, data: first.data });
    expect(statuses(world)).toEqual({ put: ["CLIP_AVAILABLE"], sns: ["CLIP_AVAILABLE"] });
  });

  it("is one when two claim it at the same time, and both effects tell that one", async () => {
    await using world = await testWorld();
    await Promise.all([publish(world), publish(world, failed())]);
    const { put, sns } = statuses(world);
    expect(sns).toHaveLength(1);
    expect(new Set([...put, ...sns]).size).toBe(1);
    expect(new Set(world.published.map(({ metadata }) => metadata.id)).size).toBe(1);
  });

  it("of a refused second use of a clipId goes to subscribers only: the camera service keeps the first clip's", async () => {
    await using world = await testWorld();
    await publish(world, rejected(true));
    expect(statuses(world)).toEqual({ put: [], sns: ["FATAL_ERROR"] });
    // Nor when the watch over the deadline brings it to its end.
    await publish(world, failed());
    expect(statuses(world)).toEqual({ put: [], sns: ["FATAL_ERROR"] });
  });
});

it("of a refused message is kept from the camera service when another message has taken the clipId meanwhile", async () => {
  await using world = await testWorld();
  world.fault = (effect) => void (effect === "put" && down());
  const unread = { ...request(), endMs: null, refused: "11111111-1111-8111-8111-111111111111" };
  const refused = ClipRejected.happened({
    request: unread,
    status: "FATAL_ERROR",
    reason: "INVALID_REQUEST",
    message: "no",
  });
  const event = eventOf(refused, { key: "refused" });
  await publish(world, event);
  world.fault = undefined;
  const claim = { requestKey: requestKey(request()) };
  const status = workingStatus(request(), event.metadata.deadlineAt, world.nowMs);
  await world.deps.records.putOnce(claimEntry("clip-1"), claim, { status });
  await publish(world);
  await publish(world, event);
  expect(statuses(world)).toEqual({ put: ["CLIP_AVAILABLE"], sns: ["FATAL_ERROR", "CLIP_AVAILABLE"] });
  expect(await world.deps.records.status("clip-1")).toMatchObject({ state: "available", endMs: request().endMs });
});

describe("the two effects", () => {
  it("are independent: while the camera service is down subscribers are told, once", async () => {
    await using world = await testWorld();
    world.fault = (effect) => void (effect === "put" && down());
    for (let time = 0; time < 3; time += 1) expect(await publish(world)).toEqual([]);
    expect(statuses(world)).toEqual({ put: [], sns: ["CLIP_AVAILABLE"] });
    expect(world.schedules).toMatchObject([{ queue: "publish-clip" }]);
    world.fault = undefined;
    onlyOne("ClipPublished", await publish(world));
    expect(statuses(world)).toEqual({ put: ["CLIP_AVAILABLE"], sns: ["CLIP_AVAILABLE"] });
  });

  it("are independent: while the topic is down the camera service is told, once", async () => {
    await using world = await testWorld();
    world.fault = (effect) => {
      if (effect === "topic") throw new Error("throttled");
    };
    for (let time = 0; time < 2; time += 1) await expect(publish(world)).rejects.toThrow("throttled");
    expect(statuses(world)).toEqual({ put: ["CLIP_AVAILABLE"], sns: [] });
    world.fault = undefined;
    onlyOne("ClipPublished", await publish(world));
    expect(statuses(world)).toEqual({ put: ["CLIP_AVAILABLE"], sns: ["CLIP_AVAILABLE"] });
  });

  it("end with a record of it when the camera service refuses the status for good", async () => {
    await using world = await testWorld();
    world.fault = (effect) => {
      if (effect === "put") throw new CameraServiceError("PUT answered 422: no such clip", false);
    };
    const { data } = onlyOne("ClipPublished", await publish(world));
    expect(data).toMatchObject({ notified: true, putRefused: "PUT answered 422: no such clip" });
    expect(onlyOne("ClipPublished", await publish(world)).data.putRefused).toBe(data.putRefused);
    expect(world.calls).toEqual(["put"]);
  });

  it("tell subscribers a second time, under the same notificationId, only after a crash before it is written down", async () => {
    await using world = await testWorld();
    const heal = cannotWriteTold(world, new Error("killed"), Number.POSITIVE_INFINITY);
    await expect(publish(world)).rejects.toThrow("killed");
    heal();
    // Whoever held the lease is gone once it has run out.
    world.nowMs += 121_000;
    onlyOne("ClipPublished", await publish(world));
    expect(statuses(world).sns).toEqual(["CLIP_AVAILABLE", "CLIP_AVAILABLE"]);
    expect(new Set(world.notifications.map(({ attributes }) => attributes.notificationId)).size).toBe(1);
  });

  it("tell subscribers once, although it cannot be written down at first", async () => {
    await using world = await testWorld();
    cannotWriteTold(world, new ServiceUnavailableError("503"), 2);
    onlyOne("ClipPublished", await publish(world));
    await publish(world);
    expect(statuses(world).sns).toEqual(["CLIP_AVAILABLE"]);
  });

  it("keep the right to tell subscribers when it cannot be written down at all: nobody else tells them at once", async () => {
    await using world = await testWorld();
    const heal = cannotWriteTold(world, new ServiceUnavailableError("503"), Number.POSITIVE_INFINITY);
    await expect(publish(world)).rejects.toThrow("503");
    heal();
    expect(await publish(world)).toEqual([]);
    expect(statuses(world).sns).toEqual(["CLIP_AVAILABLE"]);
  });

  it("are made up for by the deadline, and the clip's history gets its end", async () => {
    await using world = await testWorld();
    world.fault = (effect) => void (effect === "put" && down());
    const event = available();
    await publish(world, event);
    // Every later message of that event is lost; only the watch is left.
    world.fault = undefined;
    world.nowMs = Date.parse(event.metadata.deadlineAt);
    const accepted = eventOf({ type: "RequestAccepted", data: { request: request() } });
    const stalled = onlyOne("ClipFailed", await deliver(checkDeadline, accepted, world));
    const { data, metadata } = onlyOne("ClipPublished", await publish(world, stalled));
    expect(data).toMatchObject({ status: "CLIP_AVAILABLE", notified: true });
    expect(statuses(world)).toEqual({ put: ["CLIP_AVAILABLE"], sns: ["CLIP_AVAILABLE"] });
    // Whoever brings it to its end: one clip, one ClipPublished.
    expect(onlyOne("ClipPublished", await publish(world, event)).metadata.id).toBe(metadata.id);
  });
});

it("sets the clip's status with the terminal one, and a run that tells everybody corrects it", async () => {
  await using world = await testWorld();
  const { records } = world.deps;
  await publish(world, failed());
  expect(await Array.fromAsync(records.inState("failed"))).toMatchObject([
    { clipId: "clip-1", outcome: "FATAL_ERROR", reason: "INTERNAL", sinceMs: world.nowMs },
  ]);
  await publish(world, available({ id: "replay-1", notify: false }));
  expect((await records.status("clip-1"))?.state).toBe("failed");
  await publish(world, available({ id: "redrive-1", notify: true }));
  expect(await records.status("clip-1")).toMatchObject({ state: "available", outcome: "CLIP_AVAILABLE" });
});

describe("a replay", () => {
  const silent = { id: "replay-1", notify: false };
  const loud = { id: "notify-1", notify: true };

  it("tells nobody", async () => {
    await using world = await testWorld();
    await publish(world);
    for (const event of [available(silent), failed(silent)]) {
      const { data, metadata } = onlyOne("ClipPublished", await publish(world, event));
      expect(data.notified).toBe(false);
      expect(metadata.rerun).toEqual(silent);
    }
    expect(statuses(world)).toEqual({ put: ["CLIP_AVAILABLE"], sns: ["CLIP_AVAILABLE"] });
  });

  it("leaves nothing that could keep a real status from being told", async () => {
    await using world = await testWorld();
    await publish(world, failed(silent));
    onlyOne("ClipPublished", await publish(world));
    expect(statuses(world)).toEqual({ put: ["CLIP_AVAILABLE"], sns: ["CLIP_AVAILABLE"] });
  });

  it("that tells takes the request's status while nobody has one: the deadline adds nothing", async () => {
    await using world = await testWorld();
    const published = onlyOne("ClipPublished", await publish(world, available(loud)));
    await deliver(recordEvent, published, world);
    const accepted = eventOf(RequestAccepted.happened({ request: request() }));
    world.nowMs = Date.parse(accepted.metadata.deadlineAt);
    expect(await deliver(checkDeadline, accepted, world)).toEqual([]);
    // A late event of the first run finds the request answered, and ends the history under the same id.
    const late = onlyOne("ClipPublished", await publish(world, failed()));
    expect(late.metadata.id).toBe(published.metadata.id);
    expect(late.data.status).toBe("CLIP_AVAILABLE");
    expect(statuses(world)).toEqual({ put: ["CLIP_AVAILABLE"], sns: ["CLIP_AVAILABLE"] });
  });

  it("never takes a delivered clip back, also where it tells", async () => {
    await using world = await testWorld();
    await publish(world);
    const { data } = onlyOne("ClipPublished", await publish(world, failed(loud)));
    expect(data).toMatchObject({ status: "FATAL_ERROR", notified: false });
    expect(statuses(world)).toEqual({ put: ["CLIP_AVAILABLE"], sns: ["CLIP_AVAILABLE"] });
    expect(await world.deps.records.status("clip-1")).toMatchObject({ outcome: "CLIP_AVAILABLE" });
  });

  it("tells of no clip that another rerun has replaced meanwhile", async () => {
    await using world = await testWorld();
    await publish(world);
    const serve = (sha256: string) =>
      world.deps.destination.put(clip.key, new Uint8Array(8), { contentType: "video/mp4", metadata: { sha256 } });
    await serve("other bytes");
    const { data } = onlyOne("ClipPublished", await publish(world, available(loud)));
    expect(data.notified).toBe(false);
    expect(statuses(world)).toEqual({ put: ["CLIP_AVAILABLE"], sns: ["CLIP_AVAILABLE"] });
    await serve(clip.sha256);
    const again = available({ id: "notify-2", notify: true });
    expect(onlyOne("ClipPublished", await publish(world, again)).data.notified).toBe(true);
  });

  it("makes nothing else of a clip that an operator cancelled, also where it tells", async () => {
    await using world = await testWorld();
    const cancelled = { status: "CLIP_CANCELLED", reason: "CANCELLED", message: "x" } as const;
    await publish(world, eventOf(ClipRejected.happened({ request: request(), ...cancelled })));
    const { data } = onlyOne("ClipPublished", await publish(world, available(loud)));
    expect(data.notified).toBe(false);
    expect(statuses(world)).toEqual({ put: ["CLIP_CANCELLED"], sns: ["CLIP_CANCELLED"] });
    expect(await world.deps.records.status("clip-1")).toMatchObject({ state: "cancelled" });
  });

  it("tells everybody once more, and only once, where the operator asks for it", async () => {
    await using world = await testWorld();
    await publish(world);
    for (let time = 0; time < 2; time += 1) await publish(world, available(loud));
    expect(await world.deps.records.status("clip-1")).toMatchObject({ state: "available" });
    expect(statuses(world)).toEqual({
      put: ["CLIP_AVAILABLE", "CLIP_AVAILABLE"],
      sns: ["CLIP_AVAILABLE", "CLIP_AVAILABLE"],
    });
  });
});

it("never publishes metadata that the catalogue does not know", async () => {
  await using world = await testWorld();
  const { data } = onlyOne("ClipPublished", await publish(world));
  expect(ClipPublished.happened(data).data).toEqual(data);
});

describe("a link that comes with a clip", () => {
  const wanting = (link?: "none" | "signed") =>
    eventOf(ThumbnailsRendered.happened({ request: request({ link }), clip, coverage, thumbnails }), { key: "linked" });
  const makeLink: StageWorld["deps"]["link"] = ({ key, clipId }, expiresMs) => ({
    url: `https://links/${key}?of=${clipId}`,
    expiresAt: new Date(expiresMs).toISOString(),
  });

  it("is told where it was asked for, and how long it works", async () => {
    await using world = await testWorld({ LINK_SECONDS: "3600" });
    world.deps.link = makeLink;
    await publish(world, wanting("signed"));
    const told = {
      signedUrl: "https://links/cam-1/clip-1.mp4?of=clip-1",
      signedUrlExpiresAt: new Date(world.nowMs + 3_600_000).toISOString(),
    };
    expect(world.puts[0]?.body).toMatchObject(told);
    expect(JSON.parse(world.notifications[0]?.message ?? "")).toMatchObject(told);
  });

  it.each([
    ["was not asked for", undefined, makeLink],
    ["was declined", "none", makeLink],
    ["cannot be made here", "signed", undefined],
  ] as const)("is not told where it %s", async (_, asked, link) => {
    await using world = await testWorld();
    world.deps.link = link;
    await publish(world, wanting(asked));
    expect(world.puts[0]?.body).toMatchObject({ status: "CLIP_AVAILABLE" });
    expect(world.puts[0]?.body).not.toHaveProperty("signedUrl");
  });
});

import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { keyOfTwin, manifestKey } from "@camclips/core";
import {
  type AnyEvent,
  ClipFailed,
  type ClipRequest,
  derivedId,
  markRerun,
  RequestAccepted,
  type Settings,
} from "@camclips/events";
import { fileSigner, newKey, publicKeyIn } from "@camclips/evidence/keys";
import { verifyEvidence } from "@camclips/evidence/verify";
import { runToEnd } from "@camclips/testing/chain/run-to-end";
import {
  CAMERA,
  deliver,
  down,
  eventOf,
  onlyOne,
  RECORDING_FILE,
  RECORDING_MS,
  request,
  requestBody,
  START,
  type StageWorld,
  testWorld,
} from "@camclips/testing/stage-world";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cancelClip } from "../operator/cancel-clip.ts";
import { acceptRequest } from "../stages/accept-request.ts";
import { downloadSources } from "../stages/download-sources.ts";
import { locateSources } from "../stages/locate-sources.ts";
import { publishClip } from "../stages/publish-clip.ts";
import { recordEvent } from "../stages/record-event.ts";
import { renderClip } from "../stages/render-clip.ts";
import { renderThumbnails } from "../stages/render-thumbnails.ts";
import { untilMsOf } from "./take-turn.ts";

type Choices = Partial<ClipRequest>;

/** How long others wait for a clip. */
const MAKER_MS = untilMsOf({ atMs: 0 });

/** A world in which the same cut is made once, with the recording that the clips are of. */
async function reusing(settings: Parameters<typeof testWorld>[0] = {}): Promise<StageWorld> {
  const world = await testWorld(settings);
  world.deps.engine = async () => "engine-1";
  await world.record(START);
  return world;
}

/** Asks for a clip. @returns what it ended with, as subscribers were told. */
async function ask(world: StageWorld, clipId: string, choices: Choices = {}): Promise<Record<string, unknown>> {
  await runToEnd("accept-request", requestBody(request({ clipId, ...choices })), world);
  return toldOf(world, clipId);
}

const toldOf = (world: StageWorld, clipId: string): Record<string, unknown> =>
  world.notifications.map(({ message }) => JSON.parse(message)).findLast((told) => told.clipId === clipId);

/** A clip that is asked for, as far as the stage that looks whether it was made before. */
async function located(world: StageWorld, clipId: string, choices: Choices = {}) {
  const body = requestBody(request({ clipId, ...choices }));
  const accepted = onlyOne("RequestAccepted", await deliver(acceptRequest, body, world));
  return onlyOne("SourcesLocated", await deliver(locateSources, accepted, world));
}

const download = (world: StageWorld, event: AnyEvent) => deliver(downloadSources, event, world);

const bodyOf = async (world: StageWorld, key: string) => Buffer.from((await world.deps.destination.get(key)) ?? []);

/** Other bytes, as many, under a key of the first clip's. */
async function replace(world: StageWorld, name: string, contentType: string): Promise<void> {
  const body = (await bodyOf(world, `${CAMERA}/${name}`)).map((byte) => byte ^ 1);
  const metadata = { clip: "another", sha256: "another" };
  await world.deps.destination.put(`${CAMERA}/${name}`, body, { contentType, metadata });
}

describe("a clip that was made before", () => {
  it("is copied with all that lies beside it, and says whose copy it is", async () => {
    await using world = await reusing({ PREVIEWS: "animated", CLIP_CLOCK: "track" });
    const first = await ask(world, "clip-1");
    expect(first).toMatchObject({ status: "CLIP_AVAILABLE" });
    expect(first).not.toHaveProperty("reusedFrom");
    const before = await Array.fromAsync(world.deps.destination.list(""));
    world.deps.scratch = () => Promise.reject(new Error("nothing is to be made"));

    const second = await ask(world, "clip-2");
    expect(second).toMatchObject({ status: "CLIP_AVAILABLE", reusedFrom: "clip-1", coverage: first.coverage });
    expect((second.clip as { sha256: string }).sha256).toBe((first.clip as { sha256: string }).sha256);
    const copies = before.map((key) => keyOfTwin(key, CAMERA, "clip-1", "clip-2"));
    expect((await Array.fromAsync(world.deps.destination.list(""))).sort()).toEqual([...before, ...copies].sort());
    for (const [index, key] of before.entries()) {
      const expected = (await bodyOf(world, key)).toString("latin1").replaceAll("clip-1_", "clip-2_");
      expect((await bodyOf(world, copies[index] ?? "")).toString("latin1"), key).toBe(expected);
    }
    const told = JSON.stringify(second);
    expect(told.replaceAll('"reusedFrom":"clip-1"', "")).not.toContain("clip-1");
    expect(second).toMatchObject({ clock: { key: `/${CAMERA}/clip-2_clock.vtt` } });
    expect((await bodyOf(world, `${CAMERA}/clip-2_storyboard.vtt`)).toString()).toContain("clip-2_storyboard.jpg#xywh");
    const types = world.published.filter(({ metadata }) => metadata.clipId === "clip-2").map(({ type }) => type);
    expect(types).toEqual(["RequestAccepted", "SourcesLocated", "ClipRendered", "ThumbnailsRendered", "ClipPublished"]);
  });

  it("is copied of a copy, too, as long as there is the first one", async () => {
    await using world = await reusing();
    for (const clipId of ["clip-1", "clip-2", "clip-3"]) await ask(world, clipId);
    expect(toldOf(world, "clip-3")).toMatchObject({ reusedFrom: "clip-1" });
    await world.deps.destination.put(`${CAMERA}/clip-1.mp4`, Buffer.from("x"), { contentType: "video/mp4" });
    expect(await ask(world, "clip-4")).not.toHaveProperty("reusedFrom");
    expect(await ask(world, "clip-5")).toMatchObject({ reusedFrom: "clip-4" });
  });

  it("has evidence of its own, of who asked for it", async () => {
    await using world = await reusing({ EVIDENCE_KEY: "key.pem" });
    const pem = newKey();
    world.deps.signer = await fileSigner(pem);
    await ask(world, "clip-1");
    expect(await ask(world, "clip-2")).toMatchObject({ reusedFrom: "clip-1" });
    const at = (key: string) => join(world.folder, "destination", key);
    const verdict = await verifyEvidence({
      clip: at(`${CAMERA}/clip-2.mp4`),
      manifest: at(manifestKey(CAMERA, "clip-2")),
      keys: { keys: [await publicKeyIn(pem)] },
      picture: (name) => readFile(at(`${CAMERA}/${name}`)).catch(() => undefined),
      source: (key) => join(world.folder, "origin", key),
    });
    expect(verdict).toMatchObject({ findings: [] });
    expect(verdict.manifest?.request.clipId).toBe("clip-2");
  });

  it("finds its own file again when its message comes a second time", async () => {
    await using world = await reusing();
    await ask(world, "clip-1");
    const event = await located(world, "clip-2");
    let broken = true;
    world.fault = (effect) => {
      if (effect === "bus" && broken) throw new Error("killed");
    };
    await expect(download(world, event)).rejects.toThrow("killed");
    broken = false;
    const rendered = onlyOne("ClipRendered", await download(world, event));
    expect(rendered.data).toMatchObject({ reusedFrom: "clip-1", clip: { key: `${CAMERA}/clip-2.mp4` } });
  });

  it("is not copied over a clip of another request that has its key", async () => {
    await using world = await reusing();
    await ask(world, "clip-1");
    const metadata = { request: "another", sha256: "0" };
    await world.deps.destination.put(`${CAMERA}/clip-2.mp4`, Buffer.from("x"), { contentType: "video/mp4", metadata });
    expect(await ask(world, "clip-2")).toMatchObject({ status: "FATAL_ERROR", reason: "INVALID_REQUEST" });
    expect((await bodyOf(world, `${CAMERA}/clip-2.mp4`)).toString()).toBe("x");
  });
});

describe("is cut anew", () => {
  let world: StageWorld;
  beforeAll(async () => {
    world = await reusing();
    await ask(world, "clip-1");
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const other: [string, Choices][] = [
    ["another range", { startMs: START + 5_001 }],
    ["another end", { endMs: START + 14_999 }],
    ["another gap policy", { gapPolicy: "HOLD_LAST_FRAME" }],
    ["another precision", { precision: "exact" }],
    ["another quality", { quality: "draft" }],
    ["a preview", { preview: "storyboard" }],
    ["a clock", { clock: "track" }],
    ["another codec", { codec: "source" }],
  ];
  it.each(other)("what was asked for with %s", async (_, choices) => {
    const event = await located(world, `other-${derivedId(JSON.stringify(choices))}`, choices);
    onlyOne("SourcesDownloaded", await download(world, event));
  });

  const same: [string, Choices][] = [
    [
      "the usual choices named",
      { precision: "smart", quality: "usual", preview: "none", clock: "none", codec: "h264" },
    ],
    ["another priority, or a link", { priority: "low", link: "signed" }],
  ];
  it.each(same)("but not with %s", async (_, choices) => {
    const event = await located(world, `same-${derivedId(JSON.stringify(choices))}`, choices);
    onlyOne("ClipRendered", await download(world, event));
  });

  const settings: [string, Partial<Settings>][] = [
    ["the joins", { JOIN_TOLERANCE_MS: 5 }],
    ["the thumbnails' sizes", { THUMBNAIL_SIZES: [100] }],
    ["their format", { THUMBNAIL_FORMAT: "png" }],
    ["the clock's zone", { CLOCK_ZONE: "Europe/Paris" }],
    ["the usual precision", { CLIP_PRECISION: "fast" }],
    ["signing", { EVIDENCE_KEY: "key" }],
  ];
  it.each(settings)("when a setting was changed: %s", async (name, change) => {
    const before = world.deps.settings;
    world.deps.settings = { ...before, ...change };
    try {
      onlyOne("SourcesDownloaded", await download(world, await located(world, derivedId(name))));
    } finally {
      world.deps.settings = before;
    }
  });

  it("by another engine, and by one that cannot be told", async () => {
    const { engine } = world.deps;
    for (const [index, made] of ["engine-2", undefined].entries()) {
      world.deps.engine = async () => made;
      onlyOne("SourcesDownloaded", await download(world, await located(world, `engine-${index}`)));
    }
    world.deps.engine = engine;
  });

  it("under another name of the camera", async () => {
    const { cameras } = world.deps;
    world.deps.cameras = { ...cameras, alias: async () => "renamed" };
    onlyOne("SourcesDownloaded", await download(world, await located(world, "renamed")));
    world.deps.cameras = cameras;
  });

  it("for another bucket", async () => {
    world.deps.destinationBucket = "elsewhere";
    onlyOne("SourcesDownloaded", await download(world, await located(world, "elsewhere")));
    world.deps.destinationBucket = "clips";
  });

  it("where nobody says which version of a recording it is", async () => {
    const { origin } = world.deps;
    world.deps.origin = {
      open: async (key, signal) => {
        const object = await origin.open(key, signal);
        return object && Object.defineProperty(object, "etag", { value: "" });
      },
    };
    for (const clipId of ["unversioned-1", "unversioned-2"])
      onlyOne("SourcesDownloaded", await download(world, await located(world, clipId)));
    world.deps.origin = origin;
  });

  it("when somebody runs it again", async () => {
    const event = await located(world, "again");
    const rerun = markRerun(event, { id: "replay-1", notify: true });
    onlyOne("SourcesDownloaded", await download(world, rerun));
    onlyOne("ClipRendered", await download(world, event));
  });

  it("when its recording was replaced", async () => {
    await using changed = await reusing();
    await ask(changed, "clip-1");
    await changed.record(START, await readFile(RECORDING_FILE));
    expect(await ask(changed, "clip-2")).not.toHaveProperty("reusedFrom");
  });

  it("when the missing part of it came", async () => {
    await using partial = await reusing();
    const range = { startMs: START + 5_000, endMs: START + 25_000, sentMs: START + 3_600_000 };
    const accepted = (clipId: string) =>
      eventOf(RequestAccepted.happened({ request: request({ clipId, ...range }) }), { key: clipId });
    const make = (clipId: string) => runToEnd("locate-sources", accepted(clipId), partial);
    await make("clip-1");
    expect(toldOf(partial, "clip-1")).toMatchObject({ coverage: { gaps: [{ start: START + 20_000 }] } });
    await partial.record(START + RECORDING_MS);
    await make("clip-2");
    expect(toldOf(partial, "clip-2")).toMatchObject({ coverage: { gaps: [] } });
    expect(toldOf(partial, "clip-2")).not.toHaveProperty("reusedFrom");
  });

  it("when what is missing is missing for another reason", async () => {
    await using partial = await reusing();
    await partial.record(START + RECORDING_MS, null);
    const range = { startMs: START + 5_000, endMs: START + 25_000, sentMs: START + 3_600_000 };
    const make = (clipId: string) => {
      const accepted = RequestAccepted.happened({ request: request({ clipId, ...range }) });
      return runToEnd("locate-sources", eventOf(accepted, { key: clipId }), partial);
    };
    await make("clip-1");
    partial.listed.shift();
    await make("clip-2");
    const [first, second] = ["clip-1", "clip-2"].map((clipId) => toldOf(partial, clipId));
    expect(first).toMatchObject({ coverage: { gaps: [{ cause: "SOURCE_DELETED" }] } });
    expect(second).toMatchObject({ coverage: { gaps: [{ cause: "NOT_RECORDED" }] } });
  });

  it.each([
    ["the clip is gone", (spoilt: StageWorld) => rm(join(spoilt.folder, "destination", CAMERA, "clip-1.mp4"))],
    ["the clip holds other bytes", (spoilt: StageWorld) => replace(spoilt, "clip-1.mp4", "video/mp4")],
  ])("when %s", async (_, spoil) => {
    await using spoilt = await reusing();
    await ask(spoilt, "clip-1");
    await spoil(spoilt);
    expect(await ask(spoilt, "clip-2")).not.toHaveProperty("reusedFrom");
    expect(toldOf(spoilt, "clip-2")).toMatchObject({ status: "CLIP_AVAILABLE" });
  });

  it("when the other one was told otherwise, though it is there", async () => {
    await using late = await reusing();
    const event = await located(late, "clip-1");
    const downloaded = onlyOne("SourcesDownloaded", await download(late, event));
    const { request: asked } = downloaded.data;
    const stalled = { request: asked, stage: "check-deadline", reason: "STALLED" as const, message: "late" };
    const rendered = onlyOne("ClipRendered", await deliver(renderClip, downloaded, late));
    onlyOne("ThumbnailsRendered", await deliver(renderThumbnails, rendered, late));
    await deliver(publishClip, eventOf(ClipFailed.happened(stalled)), late);
    onlyOne("SourcesDownloaded", await download(late, await located(late, "clip-2")));
  });

  it("in its pictures alone, when the other one's are not those of the clip", async () => {
    await using spoilt = await reusing();
    await ask(spoilt, "clip-1");
    await replace(spoilt, "clip-1_300.jpg", "image/jpeg");
    const replaced = await bodyOf(spoilt, `${CAMERA}/clip-1_300.jpg`);
    expect(await ask(spoilt, "clip-2")).toMatchObject({ reusedFrom: "clip-1" });
    const picture = await bodyOf(spoilt, `${CAMERA}/clip-2_300.jpg`);
    expect(picture.equals(replaced)).toBe(false);
    expect(picture.toString()).toMatch(/^[0-9a-f]{64} 300$/);
  });

  it("in its pictures alone, when somebody runs that again", async () => {
    await using again = await reusing();
    await ask(again, "clip-1");
    await ask(again, "clip-2");
    const rendered = again.published.findLast(({ type }) => type === "ClipRendered") as AnyEvent;
    again.deps.scratch = () => Promise.reject(new Error("they are made"));
    const rerun = markRerun(rendered, { id: "replay-1", notify: false });
    await expect(deliver(renderThumbnails, rerun, again)).rejects.toThrow("they are made");
  });
});

describe("while the same cut is being made", () => {
  const wakeOf = (world: StageWorld) => world.schedules.filter(({ queue }) => queue === "download-sources");

  /** Two clips of one cut: the first one is at it, the second one waits. */
  async function twins() {
    const world = await reusing();
    const first = await located(world, "clip-1");
    const downloaded = onlyOne("SourcesDownloaded", await download(world, first));
    const second = await located(world, "clip-2");
    expect(await download(world, second)).toEqual([]);
    return { world, downloaded, second, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
  }

  it("a clip waits for it, is woken when it is there, and its alarm is given back", async () => {
    await using pair = await twins();
    const { world, downloaded, second } = pair;
    expect(wakeOf(world)).toMatchObject([{ atMs: world.nowMs + MAKER_MS }]);
    const rendered = onlyOne("ClipRendered", await deliver(renderClip, downloaded, world));
    const pictured = onlyOne("ThumbnailsRendered", await deliver(renderThumbnails, rendered, world));
    world.fault = (effect) => (effect === "put" ? down() : undefined);
    expect(await deliver(publishClip, pictured, world)).toMatchObject([second]);
    expect(wakeOf(world)).toEqual([]);
    expect(await download(world, second)).toMatchObject([{ type: "ClipRendered", data: { reusedFrom: "clip-1" } }]);
    // While the other one cannot be told, nobody is woken again.
    world.fault = undefined;
    onlyOne("ClipPublished", await deliver(publishClip, pictured, world));
  });

  it("a clip is told of at once that was decided while the other one prepared to wait", async () => {
    await using world = await reusing();
    const first = await located(world, "clip-1");
    onlyOne("SourcesDownloaded", await download(world, first));
    const downloaded = world.published.at(-1);
    const second = await located(world, "clip-2");
    world.fault = (effect) => {
      if (effect !== "scheduler") return;
      world.fault = undefined;
      made = runToEnd("render-clip", downloaded, world);
    };
    let made: Promise<unknown> = Promise.resolve();
    const { schedule } = world.deps.scheduler;
    world.deps.scheduler = {
      ...world.deps.scheduler,
      schedule: async (message, signal) => {
        const answer = await schedule(message, signal);
        await made;
        return answer;
      },
    };
    const events = await download(world, second);
    const own = events.filter(({ metadata }) => metadata.clipId === "clip-2");
    expect(own).toMatchObject([{ type: "ClipRendered", data: { reusedFrom: "clip-1" } }]);
    expect(wakeOf(world)).toEqual([]);
  });

  it("a clip makes it itself when the other one fails, is cancelled or is not heard of", async () => {
    const failures: ((world: StageWorld, downloaded: AnyEvent) => Promise<unknown>)[] = [
      async (world, downloaded) => {
        world.deps.scratch = () => Promise.reject(new Error("out of memory"));
        await expect(deliver(renderClip, downloaded, world, { receiveCount: 4 })).rejects.toThrow("out of memory");
        await deliver(publishClip, world.published.at(-1), world);
        expect(wakeOf(world)).toEqual([]);
      },
      async (world) => {
        for (const event of [...world.published]) await deliver(recordEvent, event, world);
        expect(await cancelClip("clip-1", world.deps)).toEqual({ kind: "cancelled" });
        await deliver(publishClip, world.published.at(-1), world);
        expect(wakeOf(world)).toEqual([]);
      },
      async (world) => {
        world.nowMs += MAKER_MS;
      },
    ];
    for (const fail of failures) {
      await using pair = await twins();
      const { world, downloaded, second } = pair;
      await fail(world, downloaded);
      const own = onlyOne("SourcesDownloaded", await download(world, second));
      expect(own.metadata.cut?.turn).toBe(1);
      // And so does nobody else: they wait for that one.
      expect(await download(world, await located(world, "clip-3"))).toEqual([]);
    }
  });

  it("a clip does not wait where it would be late if nothing came of it", async () => {
    await using pair = await twins();
    const { world } = pair;
    const late = await located(world, "clip-3");
    late.metadata.deadlineAt = new Date(world.nowMs + MAKER_MS + 20_000).toISOString();
    expect(onlyOne("SourcesDownloaded", await download(world, late)).metadata.cut).toBeUndefined();
  });

  it("an urgent clip does not wait for one that is not, and the next urgent one waits for it", async () => {
    await using pair = await twins();
    const { world } = pair;
    const urgent = await located(world, "clip-3", { priority: "high" });
    expect(onlyOne("SourcesDownloaded", await download(world, urgent)).metadata.cut?.turn).toBe(1);
    expect(await download(world, await located(world, "clip-4", { priority: "high" }))).toEqual([]);
    expect(wakeOf(world).map(({ lane }) => lane)).toEqual([undefined, "high"]);
  });
});

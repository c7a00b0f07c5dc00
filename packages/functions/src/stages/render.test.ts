import { createHash } from "node:crypto";
import { appendFile, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { decidedStatus, requestKey } from "@camclips/core";
import {
  ClipRendered,
  type ClockChoice,
  type Codec,
  type GapPolicy,
  type Quality,
  type Rerun,
  SourcesDownloaded,
} from "@camclips/events";
import { NoFrameError, VerificationError } from "@camclips/media";
import { CorruptSourceError } from "@camclips/mp4";
import {
  deliver,
  eventOf,
  fakeMedia,
  onlyOne,
  RECORDING_FILE,
  request,
  START,
  type StageWorld,
  testWorld,
} from "@camclips/testing/stage-world";
import { describe, expect, it, vi } from "vitest";
import { renderClip } from "./render-clip.ts";
import { renderThumbnails } from "./render-thumbnails.ts";

const KEY = "cam-1/clip-1.mp4";
const sha256 = (body: Uint8Array) => createHash("sha256").update(body).digest("hex");

interface Asked {
  clock?: ClockChoice;
  gapPolicy?: GapPolicy;
  quality?: Quality;
  codec?: Codec;
  rerun?: Rerun;
  key?: string;
}

/** Two staged sources with different bytes, ten seconds each. */
async function downloaded(
  world: StageWorld,
  { gapPolicy = "SKIP_GAPS", quality, clock, codec, rerun, key }: Asked = {},
) {
  const body = await readFile(RECORDING_FILE);
  const bodies = [body, Buffer.concat([body, Buffer.from("\0\0\0\u0008free")])];
  const sources = await Promise.all(
    bodies.map(async (bytes, index) => {
      const staged = `sources/clip-1/event/${index}.mp4`;
      await world.deps.work.put(staged, bytes, { contentType: "video/mp4" });
      const fromMs = START + 5_000 + index * 10_000;
      return {
        key: staged,
        originKey: `${index}.mp4`,
        bytes: bytes.byteLength,
        method: "sliced" as const,
        zeroMs: fromMs,
        fromMs,
        toMs: fromMs + 10_000,
        fetched: { bytes: 1, requests: 1 },
      };
    }),
  );
  const asked = request({ endMs: START + 25_000, gapPolicy, quality, clock, codec });
  return eventOf(SourcesDownloaded.happened({ request: asked, sources, gaps: [] }), {
    ...(rerun && { rerun }),
    ...(key && { key }),
  });
}

/** Breaks for the named sources (by number), as often as they are used. */
const breaking = (...broken: number[]) =>
  fakeMedia(({ sources }) => {
    const source = sources.find(({ path }) => broken.some((number) => path.endsWith(`source-${number}.mp4`)));
    if (source) throw new CorruptSourceError(source.path, "a frame cannot be decoded");
  });

/** What another build of the encoder makes of the same sources. */
const otherBytes: StageWorld["deps"]["media"]["renderClip"] = async (job, options) => {
  const report = await fakeMedia().renderClip(job, options);
  await appendFile(job.output, "\0\0\0\u0008free");
  return report;
};

describe("rendering a clip", () => {
  it("says that nothing was recorded where no source shows a frame of the clip", async () => {
    await using world = await testWorld();
    world.deps.media = fakeMedia(() => {
      throw new NoFrameError("no source holds a frame of the clip");
    });
    const { data } = onlyOne("ClipRejected", await deliver(renderClip, await downloaded(world), world));
    expect(data).toMatchObject({ status: "CLIP_NOT_AVAILABLE", reason: "NO_FOOTAGE" });
    expect(data.coverage?.gaps.map(({ cause }) => cause)).toEqual(["NOT_RECORDED", "NOT_RECORDED"]);
  });

  it("makes clips of the codec that the request asks for, or else of the setting's", async () => {
    const asked: (string | undefined)[] = [];
    for (const [codec, CLIP_CODEC] of [
      [undefined, "h264"],
      [undefined, "source"],
      ["h264", "source"],
      ["source", "h264"],
    ] as const) {
      await using world = await testWorld();
      world.deps.media = fakeMedia((job) => asked.push(job.codec));
      world.deps.settings = { ...world.deps.settings, CLIP_CODEC };
      await deliver(renderClip, await downloaded(world, { ...(codec && { codec }) }), world);
    }
    expect(asked).toEqual(["h264", "source", "h264", "source"]);
  });

  it("encodes as the request says", async () => {
    const asked: (string | undefined)[] = [];
    for (const quality of [undefined, "draft"] as const) {
      await using world = await testWorld();
      world.deps.media = fakeMedia((job) => asked.push(job.quality));
      await deliver(renderClip, await downloaded(world, { ...(quality && { quality }) }), world);
    }
    expect(asked).toEqual([undefined, "draft"]);
  });

  it("puts the clock where one is asked for or set: zone and camera's name into the clip, what it says beside it", async () => {
    await using world = await testWorld({ CLIP_CLOCK: "track", CLOCK_ZONE: "Europe/Paris" });
    const named = await downloaded(world);
    const event = { ...named, data: { ...named.data, alias: "pier" } } as typeof named;
    const { data } = onlyOne("ClipRendered", await deliver(renderClip, event, world));
    expect(data.clip.clock).toEqual({ key: "cam-1/clip-1_clock.vtt", bytes: expect.any(Number) });
    const written = await world.deps.destination.get("cam-1/clip-1_clock.vtt");
    expect(Buffer.from(written ?? []).toString()).toContain("00:00:00.000 --> 00:00:10.000\nEurope/Paris pier\n");

    await using other = await testWorld();
    const plain = onlyOne("ClipRendered", await deliver(renderClip, await downloaded(other), other));
    expect(plain.data.clip.clock).toBeUndefined();
    await using asking = await testWorld();
    const wanted = await deliver(renderClip, await downloaded(asking, { clock: "track" }), asking);
    // An older event names no camera.
    expect(onlyOne("ClipRendered", wanted).data.clip.clock).toBeDefined();
    const said = await asking.deps.destination.get("cam-1/clip-1_clock.vtt");
    expect(Buffer.from(said ?? []).toString()).toContain("UTC cam-1");
  });

  it("has the clock drawn into the pictures where that is asked for, and says so in the event", async () => {
    await using world = await testWorld({ CLOCK_ZONE: "Europe/Paris" });
    const asked: unknown[] = [];
    world.deps.media = fakeMedia((job) => asked.push(job.clock));
    const event = await downloaded(world, { clock: "burned" });
    const { data } = onlyOne("ClipRendered", await deliver(renderClip, event, world));
    expect(asked).toEqual([{ way: "burned", zone: "Europe/Paris", name: "cam-1" }]);
    expect(data.clip).toMatchObject({ clockBurned: true });
    expect(data.clip.clock).toBeUndefined();
    expect(await world.deps.destination.get("cam-1/clip-1_clock.vtt")).toBeUndefined();
  });

  it("puts the verified clip under its public key, with its hash, and leaves nothing in the scratch folder", async () => {
    await using world = await testWorld();
    const { data } = onlyOne("ClipRendered", await deliver(renderClip, await downloaded(world), world));
    const body = (await world.deps.destination.get(KEY)) ?? new Uint8Array();
    expect(data.clip).toMatchObject({
      key: KEY,
      sha256: sha256(body),
      bytes: body.byteLength,
      precision: "smart",
      frames: 50,
    });
    expect(data.coverage).toEqual({
      requested: [START + 5_000, START + 25_000],
      delivered: [
        [START + 5_000, START + 15_000],
        [START + 15_000, START + 25_000],
      ],
      gaps: [],
      startErrorMs: 0,
      endErrorMs: 0,
      audio: {
        delivered: [],
        silent: data.coverage.delivered.map(([startMs, endMs]) => ({ startMs, endMs, cause: "NOT_RECORDED" })),
      },
    });
    expect((await world.deps.destination.info(KEY))?.metadata.sha256).toBe(sha256(body));
    expect(await readdir(join(world.folder, "scratch"))).toEqual([]);
  });

  it("has caches ask whether a clip or a picture still is what it was: a rerun may replace it", async () => {
    await using world = await testWorld();
    const puts = vi.spyOn(world.deps.destination, "putStream");
    const [rendered] = await deliver(renderClip, await downloaded(world), world);
    await deliver(renderThumbnails, rendered, world);
    const said = puts.mock.calls.map(([key, , , { cacheControl }]) => [key.endsWith(".mp4"), cacheControl]);
    expect(said).toContainEqual([true, "public, no-cache"]);
    expect(said).toContainEqual([false, "public, no-cache"]);
    expect(new Set(said.map(([, cacheControl]) => cacheControl)).size).toBe(1);
  });

  it("leaves a broken source out, and says so", async () => {
    await using world = await testWorld();
    world.deps.media = breaking(1);
    const { data } = onlyOne("ClipRendered", await deliver(renderClip, await downloaded(world), world));
    expect(data.coverage).toMatchObject({
      delivered: [[START + 5_000, START + 15_000]],
      gaps: [{ startMs: START + 15_000, endMs: START + 25_000, cause: "CORRUPT_SOURCE" }],
    });
  });

  it("leaves a transport stream out whose times are not to be trusted, and says so", async () => {
    await using world = await testWorld();
    world.deps.media.unwrap = async (path) => Promise.reject(new CorruptSourceError(path, "its times go back"));
    const event = onlyOne("SourcesDownloaded", [await downloaded(world)]);
    const sources = event.data.sources.map((source, i) =>
      i === 1 ? { ...source, container: "mpegts" as const } : source,
    );
    const asked = { ...event, data: { ...event.data, sources } };
    const { data } = onlyOne("ClipRendered", await deliver(renderClip, asked, world));
    expect(data.coverage.gaps).toEqual([{ startMs: START + 15_000, endMs: START + 25_000, cause: "CORRUPT_SOURCE" }]);
  });

  it("refuses a clip with a broken source where the gap policy asks for all or nothing", async () => {
    await using world = await testWorld();
    world.deps.media = breaking(1);
    const { data } = onlyOne(
      "ClipRejected",
      await deliver(renderClip, await downloaded(world, { gapPolicy: "REJECT" }), world),
    );
    expect(data).toMatchObject({ status: "CLIP_NOT_AVAILABLE", reason: "GAP_FINAL" });
    expect(await world.deps.destination.info(KEY)).toBeUndefined();
  });

  it("is rejected when the gap policy asks for all or nothing, and a gap shows only among the frames", async () => {
    await using world = await testWorld();
    const { renderClip: render } = world.deps.media;
    const { startMs } = request();
    const gap = { startMs, endMs: startMs + 500, cause: "NOT_RECORDED" as const };
    world.deps.media.renderClip = async (job, options) => ({ ...(await render(job, options)), gaps: [gap] });
    const event = await downloaded(world, { gapPolicy: "REJECT" });
    const { data } = onlyOne("ClipRejected", await deliver(renderClip, event, world));
    expect(data).toMatchObject({ reason: "GAP_FINAL", coverage: { gaps: [gap] } });
    expect(await world.deps.destination.info(KEY)).toBeUndefined();
  });

  it("ends when every source is broken", async () => {
    await using world = await testWorld();
    world.deps.media = breaking(0, 1);
    const { data } = onlyOne("ClipRejected", await deliver(renderClip, await downloaded(world), world));
    expect(data).toMatchObject({ status: "FATAL_ERROR", reason: "CORRUPT_SOURCE" });
    expect(data.message).toMatch(/^every recording of the range is broken: [\w.]+\.mp4: .+; [\w.]+\.mp4: .+$/);
    expect(data.message).not.toContain(world.folder);
  });

  it("publishes nothing that is not as planned", async () => {
    await using world = await testWorld();
    world.deps.media = fakeMedia(() => {
      throw new VerificationError("250 frames were planned, 249 came");
    });
    await expect(deliver(renderClip, await downloaded(world), world, { receiveCount: 4 })).rejects.toThrow(
      VerificationError,
    );
    expect(onlyOne("ClipFailed", world.published).data.reason).toBe("VERIFY_FAILED");
    expect(await world.deps.destination.info(KEY)).toBeUndefined();
    expect(await readdir(join(world.folder, "scratch"))).toEqual([]);
  });

  it("goes on after a crash between the clip and its event: the same clip counts as done", async () => {
    await using world = await testWorld();
    const event = await downloaded(world);
    world.fault = (effect) => {
      if (effect === "bus") throw new Error("killed");
    };
    await expect(deliver(renderClip, event, world)).rejects.toThrow("killed");
    const before = await world.deps.destination.info(KEY);
    world.fault = undefined;
    onlyOne("ClipRendered", await deliver(renderClip, event, world));
    expect(await world.deps.destination.info(KEY)).toEqual(before);
  });

  it("never overwrites a clip of another request", async () => {
    await using world = await testWorld();
    await world.deps.destination.put(KEY, Buffer.from("theirs"), {
      contentType: "video/mp4",
      metadata: { request: "another", sha256: "x" },
    });
    const { data } = onlyOne("ClipRejected", await deliver(renderClip, await downloaded(world), world));
    expect(data).toMatchObject({ status: "FATAL_ERROR", reason: "INVALID_REQUEST", conflict: true });
    expect(Buffer.from((await world.deps.destination.get(KEY)) ?? []).toString()).toBe("theirs");
  });

  it("replaces its own clip by one with other bytes, so that the event tells of what lies there", async () => {
    await using world = await testWorld();
    const event = await downloaded(world);
    const mine = requestKey((event.data as { request: Parameters<typeof requestKey>[0] }).request);
    await world.deps.destination.put(KEY, Buffer.from("an earlier render"), {
      contentType: "video/mp4",
      metadata: { request: mine, sha256: "x" },
    });
    const { data } = onlyOne("ClipRendered", await deliver(renderClip, event, world));
    expect(sha256((await world.deps.destination.get(KEY)) ?? new Uint8Array())).toBe(data.clip.sha256);
  });

  describe("again, in a replay", () => {
    const silent = { id: "replay-1", notify: false };
    const loud = { id: "notify-1", notify: true };
    const stored = async (world: StageWorld) => sha256((await world.deps.destination.get(KEY)) ?? new Uint8Array());
    const isTold = (world: StageWorld) => {
      const asked = request({ endMs: START + 25_000 });
      const decided = { status: "CLIP_AVAILABLE", isRerun: false } as const;
      return world.deps.records.setStatus(decidedStatus(asked, decided, new Date(START).toISOString(), START));
    };
    const rendered = async (rerun?: Rerun, media?: StageWorld["deps"]["media"]) => {
      const world = await testWorld();
      await deliver(renderClip, await downloaded(world), world);
      await isTold(world);
      const before = await stored(world);
      if (media) world.deps.media = media;
      const events = await deliver(renderClip, await downloaded(world, { ...(rerun && { rerun }) }), world);
      return { world, before, events, after: await stored(world) };
    };

    it("brings a lost clip back", async () => {
      await using world = await testWorld();
      const event = await downloaded(world, { rerun: silent });
      const { data, metadata } = onlyOne("ClipRendered", await deliver(renderClip, event, world));
      expect(metadata.rerun).toEqual(silent);
      expect(await stored(world)).toBe(data.clip.sha256);
    });

    it("leaves the same bytes as they are", async () => {
      const { world, events, before, after } = await rendered(silent);
      await using _ = world;
      expect(onlyOne("ClipRendered", events).data.clip.sha256).toBe(before);
      expect(after).toBe(before);
    });

    it.each([silent, loud])("never replaces a delivered clip by one with less footage: %j", async (rerun) => {
      const { world, events, before, after } = await rendered(rerun, breaking(0));
      await using _ = world;
      expect(onlyOne("ClipRejected", events).data).toMatchObject({
        reason: "ALREADY_DELIVERED",
        message: `${KEY} stays as it was delivered: it holds 20000 ms of the range, and this run found 10000 ms`,
      });
      expect(after).toBe(before);
    });

    it("replaces a delivered clip by other bytes only where they are told", async () => {
      const other = { ...fakeMedia(), renderClip: otherBytes };
      const quiet = await rendered(silent, other);
      await using _ = quiet.world;
      expect(onlyOne("ClipRejected", quiet.events).data.message).toContain("--notify replaces the clip");
      expect(quiet.after).toBe(quiet.before);
      const told = await rendered(loud, other);
      await using _told = told.world;
      expect(told.after).toBe(onlyOne("ClipRendered", told.events).data.clip.sha256);
      expect(told.after).not.toBe(told.before);
    });

    it("replaces a clip that nobody was told of", async () => {
      await using world = await testWorld();
      await deliver(renderClip, await downloaded(world), world);
      world.deps.media = breaking(0);
      const event = await downloaded(world, { rerun: silent });
      const { data } = onlyOne("ClipRendered", await deliver(renderClip, event, world));
      expect(await stored(world)).toBe(data.clip.sha256);
    });

    it("never replaces another request's clip", async () => {
      await using world = await testWorld();
      const theirs = Buffer.from("another request's clip");
      const metadata = { request: "theirs", sha256: sha256(theirs) };
      await world.deps.destination.put(KEY, theirs, { contentType: "video/mp4", metadata });
      for (const rerun of [silent, loud]) {
        const events = await deliver(renderClip, await downloaded(world, { rerun }), world);
        expect(onlyOne("ClipRejected", events).data).toMatchObject({ reason: "INVALID_REQUEST", conflict: true });
      }
      expect(await stored(world)).toBe(sha256(theirs));
    });
  });

  it("fails when a staged source is gone", async () => {
    await using world = await testWorld();
    const event = await downloaded(world);
    world.deps.work.open = async () => undefined;
    await expect(deliver(renderClip, event, world)).rejects.toThrow("sources/clip-1/event/0.mp4 is gone");
  });
});

describe("rendering thumbnails", () => {
  const clip = {
    key: KEY,
    bytes: 1,
    sha256: "a".repeat(64),
    durationMs: 20_000,
    width: 64,
    height: 36,
    frames: 100,
    encodedFrames: 0,
    audio: false,
    precision: "smart" as const,
    why: "",
  };
  const coverage = { requested: [1, 2] as [number, number], delivered: [], gaps: [], startErrorMs: 0, endErrorMs: 0 };
  const rendered = eventOf(ClipRendered.happened({ request: request(), clip, coverage }));

  it("puts one picture in every size under its public key, out of the frame at a quarter", async () => {
    await using world = await testWorld();
    await world.deps.destination.put(KEY, await readFile(RECORDING_FILE), { contentType: "video/mp4" });
    const asked: number[] = [];
    const media = fakeMedia();
    world.deps.media = {
      ...media,
      async renderThumbnails(job, options) {
        asked.push(job.atSeconds);
        return media.renderThumbnails(job, options);
      },
    };
    const { data } = onlyOne("ThumbnailsRendered", await deliver(renderThumbnails, rendered, world));
    expect(data.thumbnails).toMatchObject([
      { key: "cam-1/clip-1_300.jpg", width: 300 },
      { key: "cam-1/clip-1_640.jpg", width: 640 },
      { key: "cam-1/clip-1_original.jpg", width: 64 },
    ]);
    for (const { key, bytes } of data.thumbnails) expect((await world.deps.destination.info(key))?.bytes).toBe(bytes);
    // A quarter of 20 s is a keyframe: the cut-out starts there.
    expect(asked).toEqual([0]);
    expect(await readdir(join(world.folder, "scratch"))).toEqual([]);
  });

  it("puts the pictures at once: a function is paid for while it waits", async () => {
    await using world = await testWorld();
    await world.deps.destination.put(KEY, await readFile(RECORDING_FILE), { contentType: "video/mp4" });
    const { destination } = world.deps;
    const begun: string[] = [];
    const all = Promise.withResolvers<void>();
    world.deps.destination = {
      ...destination,
      async putStream(key, ...rest) {
        if (begun.push(key) === 3) all.resolve();
        await all.promise;
        return destination.putStream(key, ...rest);
      },
    };
    const { data } = onlyOne("ThumbnailsRendered", await deliver(renderThumbnails, rendered, world));
    expect(data.thumbnails.map(({ width }) => width)).toEqual([300, 640, 64]);
  });

  it("writes the format that is set", async () => {
    await using world = await testWorld({ THUMBNAIL_FORMAT: "webp", THUMBNAIL_SIZES: "300" });
    await world.deps.destination.put(KEY, await readFile(RECORDING_FILE), { contentType: "video/mp4" });
    const { data } = onlyOne("ThumbnailsRendered", await deliver(renderThumbnails, rendered, world));
    expect(data.thumbnails.map(({ key }) => key)).toEqual(["cam-1/clip-1_300.webp", "cam-1/clip-1_original.webp"]);
  });

  it.each([
    ["asked for", {}, { preview: "animated" }],
    ["set", { PREVIEWS: "animated" }, {}],
  ] as const)(
    "puts a preview beside the clip where one is %s, and its track names the sprite",
    async (_, set, asked) => {
      await using world = await testWorld(set);
      await world.deps.destination.put(KEY, await readFile(RECORDING_FILE), { contentType: "video/mp4" });
      const wanted = eventOf(ClipRendered.happened({ request: request(asked), clip, coverage }));
      const { data } = onlyOne("ThumbnailsRendered", await deliver(renderThumbnails, wanted, world));
      expect(data.preview).toEqual({
        storyboard: { key: "cam-1/clip-1_storyboard.vtt", bytes: expect.any(Number) },
        sprite: { key: "cam-1/clip-1_storyboard.jpg", bytes: expect.any(Number), tiles: 2 },
        animated: { key: "cam-1/clip-1_preview.webp", bytes: expect.any(Number) },
      });
      const track = await world.deps.destination.get("cam-1/clip-1_storyboard.vtt");
      const end = new Date(clip.durationMs).toISOString().slice(11, 23);
      expect(Buffer.from(track ?? []).toString()).toBe(
        "WEBVTT\n\n00:00:00.000 --> 00:00:04.000\nclip-1_storyboard.jpg#xywh=0,0,160,90\n\n" +
          `00:00:04.000 --> ${end}\nclip-1_storyboard.jpg#xywh=160,0,160,90\n`,
      );
    },
  );

  it("makes no preview unless one is wanted, also where the environment would", async () => {
    await using world = await testWorld({ PREVIEWS: "storyboard" });
    await world.deps.destination.put(KEY, await readFile(RECORDING_FILE), { contentType: "video/mp4" });
    const unwanted = eventOf(ClipRendered.happened({ request: request({ preview: "none" }), clip, coverage }));
    const { data } = onlyOne("ThumbnailsRendered", await deliver(renderThumbnails, unwanted, world));
    expect(data.preview).toBeUndefined();
    expect(await Array.fromAsync(world.deps.destination.list("cam-1/"))).not.toContain("cam-1/clip-1_storyboard.vtt");
  });

  it("delivers thumbnails without a preview where none could be made", async () => {
    await using world = await testWorld({ PREVIEWS: "storyboard" });
    await world.deps.destination.put(KEY, await readFile(RECORDING_FILE), { contentType: "video/mp4" });
    const media = fakeMedia();
    const renderWithout: typeof media.renderThumbnails = async (job, options) => {
      const { thumbnails } = await media.renderThumbnails(job, options);
      return { thumbnails };
    };
    world.deps.media = { ...media, renderThumbnails: renderWithout };
    const { data } = onlyOne("ThumbnailsRendered", await deliver(renderThumbnails, rendered, world));
    expect([data.thumbnails.length, data.preview]).toEqual([3, undefined]);
    expect(world.lines.map(({ message }) => message)).toContainEqual(expect.stringContaining("has no preview"));
  });

  it("fails when the clip was removed meanwhile", async () => {
    await using world = await testWorld();
    await expect(deliver(renderThumbnails, rendered, world)).rejects.toThrow(`${KEY} is gone`);
  });
});

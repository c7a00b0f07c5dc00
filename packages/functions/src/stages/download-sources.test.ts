import { readFile } from "node:fs/promises";
import { readTimeline } from "@camclips/containers";
import { type Gap, type GapPolicy, type LocatedSource, SourcesLocated, type StagedSource } from "@camclips/events";
import { fileSource, sliceRecording } from "@camclips/mp4";
import { ffmpeg, scratchFolder } from "@camclips/testing/mp4/fixtures";
import {
  deliver,
  eventOf,
  onlyOne,
  RECORDING_FILE,
  RECORDING_MS,
  request,
  START,
  type StageWorld,
  testWorld,
} from "@camclips/testing/stage-world";
import { describe, expect, it } from "vitest";
import { downloadSources } from "./download-sources.ts";

const RANGE = { startMs: START + 5_000, endMs: START + 35_000 };

const source = (key: string, startMs: number, change: Partial<LocatedSource> = {}): LocatedSource => ({
  key,
  startMs,
  endMs: startMs + RECORDING_MS,
  fromMs: Math.max(startMs, RANGE.startMs),
  toMs: Math.min(startMs + RECORDING_MS, RANGE.endMs),
  ...change,
});

interface Asked {
  gapPolicy?: GapPolicy;
  sentMs?: number;
  gaps?: Gap[];
}

/** Two recordings back to back; the second one's bytes as given. */
async function download(world: StageWorld, second?: Uint8Array | null, { gaps = [], ...asked }: Asked = {}) {
  const keys = [await world.record(START), await world.record(START + RECORDING_MS, second)];
  const sources = keys.map((key, index) => source(key, START + index * RECORDING_MS));
  const fact = SourcesLocated.happened({ request: request({ ...RANGE, ...asked }), alias: "pier", sources, gaps });
  return { keys, events: await deliver(downloadSources, eventOf(fact), world) };
}

/** When the first frame of what was staged was recorded: audio may begin before it. */
async function firstFrameMs({ deps }: StageWorld, staged: StagedSource | undefined): Promise<number> {
  const file = await deps.work.open(staged?.key ?? "");
  const timeline = file && (await readTimeline(file, "staged.mp4"));
  return (staged?.zeroMs ?? Number.NaN) + (timeline?.starts?.videoSeconds ?? Number.NaN) * 1000;
}

describe("downloading", () => {
  it("copies out of every recording only what the clip needs, starting at a keyframe", async () => {
    await using world = await testWorld();
    const { keys, events } = await download(world);
    const { data } = onlyOne("SourcesDownloaded", events);
    expect(data.gaps).toEqual([]);
    expect(data.sources).toMatchObject([
      { originKey: keys[0], method: "sliced", fromMs: START + 5_000, toMs: START + 20_000, zeroMs: START + 5_000 },
      { originKey: keys[1], method: "sliced", fromMs: START + 20_000, toMs: START + 35_000, zeroMs: START + 20_000 },
    ]);
    const whole = (await readFile(RECORDING_FILE)).byteLength;
    for (const { key, bytes, fetched } of data.sources) {
      const staged = await world.deps.work.get(key);
      expect(staged?.byteLength).toBe(bytes);
      expect(bytes).toBeLessThan(whole);
      expect(fetched.bytes).toBeGreaterThan(0);
      expect(
        Buffer.from(staged ?? [])
          .subarray(4, 8)
          .toString(),
      ).toBe("ftyp");
    }
    expect(world.metrics).toEqual(["BytesFetched", "BytesFetched"]);
  });

  it("waits for a recording that is listed but not in the bucket yet", async () => {
    await using world = await testWorld();
    const { data } = onlyOne("SourcesPending", (await download(world, null)).events);
    expect(data).toMatchObject({ reason: "PARTIAL_COVERAGE_WAITING", missing: [[START + 20_000, START + 35_000]] });
  });

  const late = { sentMs: START + 3_600_000 };
  const gone = { startMs: START + 20_000, endMs: START + 35_000 };

  it("goes on without it once it has waited long enough", async () => {
    await using world = await testWorld();
    const { data } = onlyOne("SourcesDownloaded", (await download(world, null, late)).events);
    expect(data.gaps).toEqual([{ ...gone, cause: "SOURCE_DELETED" }]);
    expect(data.sources).toHaveLength(1);
  });

  it("refuses the clip then, where the gap policy asks for all or nothing", async () => {
    await using world = await testWorld();
    const { data } = onlyOne("ClipRejected", (await download(world, null, { ...late, gapPolicy: "REJECT" })).events);
    expect(data).toMatchObject({
      status: "CLIP_NOT_AVAILABLE",
      reason: "GAP_FINAL",
      coverage: { gaps: [{ ...gone, cause: "SOURCE_DELETED" }] },
    });
  });

  it.each([
    ["empty", () => new Uint8Array()],
    ["no video", () => Buffer.from("<html>Not Found</html>".repeat(100))],
    ["truncated", (whole: Buffer) => whole.subarray(0, 1500)],
    ["zeros", () => new Uint8Array(5000)],
  ])("takes a recording that is %s for a gap, and never waits for it", async (_, damage) => {
    await using world = await testWorld();
    const { events } = await download(world, damage(await readFile(RECORDING_FILE)));
    const { data } = onlyOne("SourcesDownloaded", events);
    expect(data.gaps).toEqual([{ ...gone, cause: "CORRUPT_SOURCE" }]);
    expect(data.sources).toHaveLength(1);
  });

  it("ends in an error that says so when every recording is broken", async () => {
    await using world = await testWorld();
    await world.record(START, Buffer.from("x"));
    const sources = [source(await world.record(START, Buffer.from("x")), START)];
    const fact = SourcesLocated.happened({ request: request(), alias: "pier", sources, gaps: [] });
    const { data } = onlyOne("ClipRejected", await deliver(downloadSources, eventOf(fact), world));
    expect(data).toMatchObject({ status: "FATAL_ERROR", reason: "CORRUPT_SOURCE" });
    expect(data.message).toBe(
      `every recording of the range is broken: ${sources[0]?.key}: not a video: starts with "x"`,
    );
  });

  it.each<[string, GapPolicy]>([
    ["delivers what is left of a file that is cut off, and calls the rest corrupt", "SKIP_GAPS"],
    ["refuses a file that is cut off, where the gap policy asks for all or nothing", "REJECT"],
  ])("%s", async (_, gapPolicy) => {
    await using world = await testWorld();
    // Nobody writes it any more.
    world.nowMs = START + 120_000;
    const whole = await remuxed(["-c", "copy", "-movflags", "+faststart"]);
    const second = whole.subarray(0, Math.floor(whole.length * 0.85));
    const { events } = await download(world, second, { gapPolicy });
    const cause = "CORRUPT_SOURCE";
    if (gapPolicy === "REJECT") {
      const { data } = onlyOne("ClipRejected", events);
      expect(data).toMatchObject({ reason: "GAP_FINAL", coverage: { gaps: [{ endMs: START + 35_000, cause }] } });
      return;
    }
    const { data } = onlyOne("SourcesDownloaded", events);
    expect(data.gaps).toEqual([{ startMs: expect.any(Number), endMs: START + 35_000, cause }]);
    expect(data.gaps[0]?.startMs).toBeGreaterThan(START + 22_000);
    expect(data.sources[1]).toMatchObject({ fromMs: START + 20_000, toMs: data.gaps[0]?.startMs });
  });

  it("takes a recording that is cut off before the range for a gap", async () => {
    await using world = await testWorld();
    const whole = await remuxed(["-c", "copy", "-movflags", "+faststart"]);
    const first = await world.record(START, whole.subarray(0, Math.floor(whole.length * 0.6)));
    const sources = [source(first, START, { fromMs: START + 18_000 })];
    const asked = request({ startMs: START + 18_000, endMs: START + 20_000 });
    const fact = SourcesLocated.happened({ request: asked, alias: "pier", sources, gaps: [] });
    const { data } = onlyOne("ClipRejected", await deliver(downloadSources, eventOf(fact), world));
    expect(data).toMatchObject({ status: "FATAL_ERROR", reason: "CORRUPT_SOURCE" });
  });

  it("finds out that a recording is shorter than its name and its list say", async () => {
    await using world = await testWorld();
    const slice = await sliceRecording(await fileSource(RECORDING_FILE), "x", { fromSeconds: 0, toSeconds: 8 });
    const short = Buffer.concat(await Array.fromAsync(slice.chunks()));
    const { data } = onlyOne("SourcesDownloaded", (await download(world, short, late)).events);
    expect(data.gaps).toEqual([{ startMs: START + 28_000, endMs: START + 35_000, cause: "NOT_RECORDED" }]);
    expect(data.sources[1]).toMatchObject({ fromMs: START + 20_000, toMs: START + 28_000 });
  });

  it.each<[string, string[]]>([
    ["as plain MP4", ["-c", "copy", "-output_ts_offset", "3600"]],
    ["by less than it is long", ["-c", "copy", "-output_ts_offset", "7"]],
    [
      "with audio",
      [...["-f", "lavfi", "-i", "anullsrc=duration=20", "-c:v", "copy", "-c:a", "aac"], "-output_ts_offset", "3600"],
    ],
  ])("takes times that all lie far from 0 for the recorder's clock: %s", async (_, args) => {
    await using world = await testWorld();
    const { data } = onlyOne("SourcesDownloaded", (await download(world, await remuxed(args), late)).events);
    expect(data.gaps).toEqual([]);
    expect(data.sources[1]).toMatchObject({ method: "sliced", fromMs: START + 20_000, toMs: START + 35_000 });
    expect(await firstFrameMs(world, data.sources[1])).toBeCloseTo(START + 20_000, 3);
  });

  it("takes fragments cut out of a stream that ran before for the recorder's clock", async () => {
    await using world = await testWorld();
    const flags = ["-c", "copy", "-movflags", "frag_keyframe+empty_moov+default_base_moof+skip_trailer"];
    const stream = await remuxed(flags, ["-stream_loop", "1"]);
    const moofs: number[] = [];
    for (let at = stream.indexOf("moof"); at >= 0; at = stream.indexOf("moof", at + 4)) moofs.push(at - 4);
    const second = Buffer.concat([stream.subarray(0, moofs[0]), stream.subarray(moofs[20])]);
    const { data } = onlyOne("SourcesDownloaded", (await download(world, second, late)).events);
    expect(data.gaps).toEqual([]);
    expect(data.sources[1]).toMatchObject({ method: "sliced", zeroMs: START + 20_000, toMs: START + 35_000 });
  });

  it("reads a segment behind the header that the camera service lists for it", async () => {
    await using world = await testWorld();
    const flags = ["-c", "copy", "-movflags", "frag_keyframe+empty_moov+default_base_moof+skip_trailer"];
    const stream = await remuxed(flags, ["-stream_loop", "1"]);
    const moofs: number[] = [];
    for (let at = stream.indexOf("moof"); at >= 0; at = stream.indexOf("moof", at + 4)) moofs.push(at - 4);
    const keys = [await world.record(START), await world.record(START + RECORDING_MS, stream.subarray(moofs[20]))];
    const initKey = await world.record(START - 1000, stream.subarray(0, moofs[0]));
    const sources = [source(keys[0] ?? "", START), source(keys[1] ?? "", START + RECORDING_MS, { initKey })];
    const asked = { request: request({ ...RANGE, ...late }), alias: "pier", gaps: [] };
    const located = (of: LocatedSource[]) => eventOf(SourcesLocated.happened({ ...asked, sources: of }));
    const { data } = onlyOne("SourcesDownloaded", await deliver(downloadSources, located(sources), world));
    expect(data.gaps).toEqual([]);
    expect(data.sources[1]).toMatchObject({ method: "sliced", zeroMs: START + 20_000, toMs: START + 35_000 });
  });

  it.each<[string, string[]]>([
    [
      "where the audio was there before",
      ["-f", "lavfi", "-i", "anullsrc=duration=20", "-map", "0:v", "-map", "1:a", "-c:v", "copy", "-c:a", "aac"],
    ],
    ["where the video ends when the recording does", ["-c", "copy", "-t", "20"]],
  ])("takes video that begins late for a gap %s", async (_, args) => {
    await using world = await testWorld();
    const second = await remuxed(args, ["-itsoffset", "4"]);
    const { data } = onlyOne("SourcesDownloaded", (await download(world, second, late)).events);
    expect(data.gaps).toEqual([{ startMs: START + 20_000, endMs: START + 24_000, cause: "NOT_RECORDED" }]);
    expect(data.sources[1]?.fromMs).toBe(START + 24_000);
    expect(await firstFrameMs(world, data.sources[1])).toBeCloseTo(START + 24_000, 3);
  });

  it("keeps the gaps that locating found", async () => {
    await using world = await testWorld();
    const name = await world.record(START);
    const gaps = [{ startMs: START + 20_000, endMs: START + 35_000, cause: "NOT_RECORDED" as const }];
    const fact = SourcesLocated.happened({
      request: request({ ...RANGE, ...late }),
      alias: "pier",
      sources: [source(name, START)],
      gaps,
    });
    const { data } = onlyOne("SourcesDownloaded", await deliver(downloadSources, eventOf(fact), world));
    expect(data.gaps).toEqual(gaps);
  });

  it("copies to keys that no other attempt shares", async () => {
    await using world = await testWorld();
    const name = await world.record(START);
    const fact = SourcesLocated.happened({
      request: request(),
      alias: "pier",
      sources: [source(name, START, { toMs: START + 15_000 })],
      gaps: [],
    });
    const keys = [];
    for (const key of ["one", "two"]) {
      const { data } = onlyOne("SourcesDownloaded", await deliver(downloadSources, eventOf(fact, { key }), world));
      keys.push(data.sources[0]?.key);
    }
    expect(new Set(keys).size).toBe(2);
    for (const key of keys) expect(key).toMatch(/^sources\/clip-1\.[0-9a-f-]{36}-0\.mp4$/);
  });
});

/** The recording with other times or in another form, as ffmpeg writes it. */
async function remuxed(output: readonly string[], input: readonly string[] = []): Promise<Buffer> {
  await using scratch = await scratchFolder();
  const path = scratch.path("remuxed.mp4");
  await ffmpeg(...input, "-i", RECORDING_FILE, ...output, path);
  return await readFile(path);
}

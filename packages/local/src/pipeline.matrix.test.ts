import { copyFile, mkdir, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ClipMetadata, ListedRecording } from "@camclips/core";
import { type Precision, readSettings } from "@camclips/events";
import { createMediaEngine } from "@camclips/media/engine";
import {
  type Camera,
  type CameraOptions,
  makeCamera,
  type RecordedFrame,
  readFrameCodes,
  recordingName,
} from "@camclips/media/synthetic";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { testFolder } from "@camclips/testing/folders";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { runFfmpeg } from "../../media/src/ffmpeg/run-ffmpeg.ts";
import { createFolderStore } from "./folder-store.ts";
import { LocalRuntime } from "./runtime.ts";

/** The whole pipeline on real recordings, from the caller's message to what the camera service is told. */

/** PIPELINE_RUNS=<n> ranges are drawn; PIPELINE_SEED repeats a run. */
const { PIPELINE_RUNS = "12", PIPELINE_SEED } = process.env;

const START = Date.UTC(2018, 9, 31, 2, 52, 0, 51);
const SECONDS = 4;
const FRAME_MS = 40;

const shop = testFolder();
afterAll(async () => (await shop)[Symbol.asyncDispose]());

const cameras = new Map<string, Promise<Camera>>();

/** Recordings of four seconds, back to back; made once for each name. */
function camera(name: string, options: Partial<CameraOptions> = {}): Promise<Camera> {
  const usual = { alias: "pier", startMs: START, recordings: 2, seconds: SECONDS, gop: 25, bFrames: 2 };
  const known =
    cameras.get(name) ?? shop.then(({ path }) => makeCamera({ ...usual, folder: join(path, name), ...options }));
  cameras.set(name, known);
  return known;
}

interface Asked {
  fromMs: number;
  toMs: number;
  precision?: Precision;
  gapPolicy?: string;
  /** What has happened to the file of a recording, by its place. */
  damage?: (path: string, index: number) => Promise<void>;
  /** How far the name of a recording is off, by its place. */
  offMs?: (index: number) => number;
  /** The order in which the service lists them; the contract's is newest first. */
  order?: (listed: ListedRecording[]) => ListedRecording[];
}

interface Answer {
  body: ClipMetadata & { coverage?: { gaps: { start: number; end: number; cause: string }[] } };
  /** How the clip was cut. */
  used: Precision | undefined;
  why: string | undefined;
  clipSeconds: number;
  codes: (number | null)[];
  seconds: number[];
  /** Code in the unscaled thumbnail, and of the frame that the clip shows at a quarter of its length. */
  thumbnail: { code: number | null | undefined; due: number | null | undefined };
  /** The frames of the recordings at the instants that their names claim. */
  claimed: RecordedFrame[];
}

/** Asks a service of its own for a clip, days later, and reads what it delivered. */
async function ask({ recordings }: Camera, asked: Asked): Promise<Answer> {
  const {
    fromMs,
    toMs,
    precision = "smart",
    gapPolicy = "SKIP_GAPS",
    damage,
    offMs = () => 0,
    order = (listed) => listed,
  } = asked;
  await using folder = await testFolder();
  const origin = join(folder.path, "origin");
  await mkdir(origin);
  const listed: ListedRecording[] = [];
  for (const [index, { path, startMs, endMs }] of recordings.entries()) {
    const name = recordingName("pier", startMs + offMs(index));
    await copyFile(path, join(origin, name));
    await damage?.(join(origin, name), index);
    const [startDate, endDate] = [startMs, Math.round(endMs)].map((ms) => new Date(ms + offMs(index)).toISOString());
    listed.unshift({
      recordingUrl: `https://cams.test.com/${name}`,
      startDate: startDate ?? "",
      endDate: endDate ?? "",
    });
  }
  const puts: Answer["body"][] = [];
  let clipSeconds = Number.NaN;
  let used: Precision | undefined;
  let why: string | undefined;
  const destination = createFolderStore(join(folder.path, "clips"));
  const runtime = new LocalRuntime({
    root: join(folder.path, "state"),
    settings: readSettings({
      CAM_SERVICES_URL: "https://cams.test.com",
      RECORDINGS_URL: "https://cams.test.com",
      CLIP_URL: "https://clips.test.com",
      S3_BUCKET_ORIGIN: "recordings",
      THUMBNAIL_SIZES: "80",
      RECORDING_MAX_LEN: "10",
    }),
    origin: createFolderStore(origin),
    destination,
    destinationBucket: "clips",
    onEvent(event) {
      if (event.type !== "ClipRendered") return;
      clipSeconds = event.data.clip.durationMs / 1000;
      used = event.data.clip.precision;
      why = event.data.clip.why;
    },
    media: createMediaEngine({ ffmpeg: testFfmpeg, threads: 1, timeLimitMs: 60_000 }),
    cameras: {
      alias: async () => "pier",
      recordings: async () => order(listed),
      putClip: async (_, body) => void puts.push(body as Answer["body"]),
    },
  });
  await runtime.start();
  const range = { startTimestampInMs: fromMs, endTimestampInMs: toMs };
  const request = { clipId: "clip", cameraId: "cam", ...range, precision, gapPolicy };
  await runtime.request(JSON.stringify(request), START + 86_400_000);
  await runtime.idle();
  await runtime.stop();
  const [body] = puts;
  if (!body || puts.length > 1) throw new Error(`the camera service was told ${puts.length} statuses`);
  const made = join(folder.path, "clips", "cam");
  const isMade = body.status === "CLIP_AVAILABLE";
  const frames = isMade ? await readFrameCodes(join(made, "clip.mp4")) : [];
  const [picture] = isMade ? await readFrameCodes(join(made, "clip_original.jpg")) : [];
  const due = frames.findLast((frame) => frame.seconds <= clipSeconds / 4 + 0.0005);
  return {
    body,
    used,
    why,
    clipSeconds,
    codes: frames.map(({ code }) => code),
    seconds: frames.map((frame) => frame.seconds),
    thumbnail: { code: picture?.code, due: due?.code },
    claimed: recordings.flatMap((recording, index) =>
      recording.frames.map(({ code, wallMs }) => ({ code, wallMs: wallMs + offMs(index) })),
    ),
  };
}

/** Codes of the frames of a range; where recordings overlap the later one's. */
function codesOf(claimed: readonly RecordedFrame[], fromMs: number, toMs: number): number[] {
  const firstOfLater = claimed.find(({ wallMs }, index) => wallMs < (claimed[index - 1]?.wallMs ?? 0) + 0.5);
  const later = firstOfLater ? claimed.indexOf(firstOfLater) : claimed.length;
  return claimed
    .filter(({ wallMs }, index) => index >= later || !firstOfLater || wallMs < firstOfLater.wallMs - 0.5)
    .filter(({ wallMs }) => wallMs >= fromMs - 0.5 && wallMs < toMs - 0.5)
    .map(({ code }) => code);
}

const across = { fromMs: START + 2520, toMs: START + 6480 };

describe.concurrent("a clip across two recordings", () => {
  it.each<[string, NonNullable<Asked["order"]>]>([
    ["newest first, as the contract says", (listed) => listed],
    ["oldest first", (listed) => listed.toReversed()],
    ["some of them twice", (listed) => [...listed, ...listed.slice(1)]],
  ])("is the same when the service lists them %s", async (_, order) => {
    const { body, codes, claimed } = await ask(await camera("usual"), { ...across, order });
    expect(body).toMatchObject({ status: "CLIP_AVAILABLE", coverage: { gaps: [], startErrorMs: 0, endErrorMs: 0 } });
    expect(codes).toEqual(codesOf(claimed, across.fromMs, across.toMs));
  });

  it.each(["smart", "exact", "fast"] as const)(
    "has every frame the %s way, and says which way it was cut",
    async (precision) => {
      const { used, codes, claimed } = await ask(await camera("usual"), { ...across, precision });
      expect(used).toBe(precision);
      expect(codes).toEqual(codesOf(claimed, across.fromMs, across.toMs));
    },
  );

  it("of three recordings has every frame", async () => {
    const made = await camera("three", { recordings: 3 });
    const range = { fromMs: START + 3000, toMs: START + 9000 };
    const { codes, claimed } = await ask(made, range);
    expect(codes).toEqual(codesOf(claimed, range.fromMs, range.toMs));
  });
});

it.each(["smart", "exact", "fast"] as const)(
  "a clip with one frame of the second recording has the rate of both, the %s way",
  async (precision) => {
    const made = await camera("10 fps", { fps: 10, gop: 10, bFrames: 0 });
    const range = { fromMs: START + 2500, toMs: START + 4100 };
    const { used, clipSeconds, codes, claimed } = await ask(made, { ...range, precision });
    expect(codes).toEqual(codesOf(claimed, range.fromMs, range.toMs));
    expect({ used, clipSeconds }).toEqual({ used: precision, clipSeconds: 1.6 });
  },
);

it.each(["smart", "exact", "fast"] as const)(
  "of two frames with the same time stamp the first is shown, the %s way",
  async (precision) => {
    const made = await camera("usual, no B-frames", { bFrames: 0 });
    const range = { fromMs: START + 1000, toMs: START + 3000, damage: twins };
    const { body, codes, seconds, claimed } = await ask(made, { ...range, precision });
    expect(body).toMatchObject({ status: "CLIP_AVAILABLE", coverage: { gaps: [], startErrorMs: 0 } });
    const whole = codesOf(claimed, range.fromMs, range.toMs);
    expect(codes).toEqual(whole.filter((code) => code !== claimed[50]?.code));
    expect(seconds.at(-1)).toBeCloseTo(1.96, 3);
  },
);

/** Frame 50 has the time of frame 49: an entry of length 0 in the table of times (stts), which ffmpeg would not write. */
async function twins(path: string): Promise<void> {
  const near = `${path}.near.mp4`;
  const moved = [
    "-bsf:v",
    "setts=ts='if(eq(N,50),49*3600+1,TS)'",
    "-video_track_timescale",
    "90000",
    "-movflags",
    "+faststart",
  ];
  await runFfmpeg({ ffmpeg: testFfmpeg, args: ["-v", "error", "-y", "-i", path, "-c", "copy", ...moved, near] });
  const bytes = await readFile(near);
  const table = bytes.indexOf("stts");
  const entries = bytes.readUInt32BE(table + 8);
  for (let at = table + 12; at < table + 12 + entries * 8; at += 8) {
    if (bytes.readUInt32BE(at + 4) === 1) bytes.writeUInt32BE(0, at + 4);
  }
  await writeFile(path, bytes);
  await rm(near);
}

it.each([2520, 0])("a fast clip of recordings with intra refresh, from %i ms on, is re-encoded", async (from) => {
  const encoder = ["-x264-params", "keyint=25:min-keyint=25:scenecut=0:intra-refresh=1"];
  const made = await camera("intra refresh", { encoder, bFrames: 0 });
  const range = { fromMs: START + from, toMs: START + 3800 };
  const { body, used, codes, claimed, thumbnail } = await ask(made, { ...range, precision: "fast" });
  expect({ status: body.status, used }).toEqual({ status: "CLIP_AVAILABLE", used: "exact" });
  expect(codes).toEqual(codesOf(claimed, range.fromMs, range.toMs));
  expect(thumbnail.code).toBe(thumbnail.due);
});

it.each(["smart", "exact", "fast"] as const)(
  "a clip of recordings whose audio is not decoded says so, the %s way",
  async (precision) => {
    const { body, why } = await ask(await camera("usual"), { ...across, precision, damage: codedAs("wmav2") });
    expect(body.status).toBe("CLIP_AVAILABLE");
    expect(why).toMatch(/; audio is left out where it is (ms\?a|wmav2), which cannot be decoded$/);
    expect(body.coverage).toMatchObject({ audio: { delivered: [], silent: [{ cause: "UNSUPPORTED_FORMAT" }] } });
  },
);

it.each(["smart", "exact", "fast"] as const)(
  "a clip of recordings with 24-bit audio is heard, the %s way",
  async (way) => {
    const { body } = await ask(await camera("usual"), { ...across, precision: way, damage: codedAs("pcm_s24le") });
    expect(body).toMatchObject({ status: "CLIP_AVAILABLE", coverage: { audio: { silent: [] } } });
  },
);

const codedAs =
  (codec: string) =>
  async (path: string): Promise<void> => {
    const other = `${path}.mov`;
    const copy = ["-c:v", "copy", "-c:a", codec, other];
    await runFfmpeg({ ffmpeg: testFfmpeg, args: ["-v", "error", "-y", "-i", path, ...copy] });
    await rename(other, path);
  };

describe.concurrent("recordings whose times go on from one file to the next", () => {
  it.each(["smart", "exact", "fast"] as const)(
    "as the segment muxer writes them lose no frame the %s way",
    async (precision) => {
      const range = { fromMs: START + 2520, toMs: START + 10_480 };
      const { body, codes, claimed } = await ask(await segmented(), { ...range, precision });
      expect(body).toMatchObject({ status: "CLIP_AVAILABLE", coverage: { gaps: [] } });
      expect(codes).toEqual(codesOf(claimed, range.fromMs, range.toMs));
    },
  );
});

let segments: Promise<Camera> | undefined;

/** One recording, cut into three by ffmpeg's segment muxer, which resets no times unless it is told to. Made once. */
function segmented(): Promise<Camera> {
  segments ??= makeSegmented();
  return segments;
}

async function makeSegmented(): Promise<Camera> {
  // With B-frames the muxer starts the first file at 0.08 s, which stays a start 80 ms late.
  const whole = await camera("segmented", { recordings: 1, seconds: 3 * SECONDS, bFrames: 0 });
  const [recording] = whole.recordings;
  if (!recording) throw new Error("nothing was recorded");
  const pattern = recording.path.replace(/mp4$/, "%d.mp4");
  const segment = ["-c", "copy", "-f", "segment", "-segment_time", String(SECONDS), pattern];
  await runFfmpeg({ ffmpeg: testFfmpeg, args: ["-v", "error", "-y", "-i", recording.path, ...segment] });
  const recordings = [0, 1, 2].map((index) => ({
    ...recording,
    path: pattern.replace("%d", String(index)),
    startMs: START + index * SECONDS * 1000,
    endMs: START + (index + 1) * SECONDS * 1000,
    frames: recording.frames.slice((index * SECONDS * 1000) / FRAME_MS, ((index + 1) * SECONDS * 1000) / FRAME_MS),
  }));
  return { ...whole, recordings };
}

describe.concurrent("recordings that flag every frame as a keyframe", () => {
  it.each(["smart", "exact", "fast"] as const)("lose no frame the %s way", async (precision) => {
    const damage = async (path: string) => {
      const bytes = await readFile(path);
      bytes.write("free", bytes.indexOf("stss"));
      await writeFile(path, bytes);
    };
    const { used, body, codes, claimed } = await ask(await camera("usual"), { ...across, precision, damage });
    expect(body).toMatchObject({ status: "CLIP_AVAILABLE", coverage: { gaps: [] } });
    expect(codes).toEqual(codesOf(claimed, across.fromMs, across.toMs));
    expect(used).toBe(precision);
  });
});

describe.concurrent("a thumbnail", () => {
  it.each([
    ["before the clip's first keyframe", 2520, 3400],
    ["in a clip of one frame", 2520, 2560],
    ["of a long clip", 1000, 7000],
  ])("shows the frame at a quarter of the clip: %s", async (_, from, to) => {
    for (const precision of ["fast", "smart", "exact"] as const) {
      const { body, thumbnail } = await ask(await camera("usual"), {
        fromMs: START + from,
        toMs: START + to,
        precision,
      });
      expect(body.status).toBe("CLIP_AVAILABLE");
      expect(thumbnail.code).toEqual(expect.any(Number));
      expect(thumbnail.code).toBe(thumbnail.due);
    }
  });
});

describe.concurrent("a second recording whose name lies", () => {
  it.each([40, 200, 1000])(
    "by %i ms forward leaves a join: its frames stand where the name puts them",
    async (offMs) => {
      const asked = { ...across, offMs: (index: number) => index * offMs };
      const { body, codes, seconds, claimed } = await ask(await camera("usual"), asked);
      expect(body.coverage?.gaps).toEqual([]);
      expect(codes).toEqual(codesOf(claimed, across.fromMs, across.toMs));
      const firstMs = claimed.find(({ code }) => code === codes[0])?.wallMs ?? 0;
      for (const [index, code] of codes.entries()) {
        const wallMs = claimed.find((frame) => frame.code === code)?.wallMs ?? 0;
        expect((seconds[index] ?? 0) * 1000).toBeCloseTo(wallMs - firstMs, 0);
      }
    },
  );

  it.each([-40, -200, -1000])("by %i ms back overlaps: every instant is shown once", async (offMs) => {
    const asked = { ...across, offMs: (index: number) => index * offMs };
    const { body, codes, seconds, claimed } = await ask(await camera("usual"), asked);
    expect(body.coverage?.gaps).toEqual([]);
    expect(codes).toEqual(codesOf(claimed, across.fromMs, across.toMs));
    expect(seconds.length).toBeLessThanOrEqual((across.toMs - across.fromMs) / FRAME_MS);
    for (const [index, at] of seconds.entries()) if (index > 0) expect(at).toBeGreaterThan(seconds[index - 1] ?? 0);
  });

  it("by ten seconds overlaps wholly: one recording's frames, each once", async () => {
    const made = await camera("long", { seconds: 12, recordings: 2 });
    const range = { fromMs: START + 1000, toMs: START + 13_000 };
    const { body, codes, claimed } = await ask(made, { ...range, offMs: (index) => index * -10_000 });
    expect(body.coverage?.gaps).toEqual([]);
    expect(codes).toEqual(codesOf(claimed, range.fromMs, range.toMs));
  });
});

describe.concurrent("a second recording that is", () => {
  const missing = { start: START + 4000, end: across.toMs };
  const second = (damage: (path: string) => Promise<void>) => (path: string, index: number) =>
    index === 1 ? damage(path) : Promise.resolve();

  it.each<[string, (path: string) => Promise<void>]>([
    ["empty", (path) => truncate(path, 0)],
    ["an error page", (path) => writeFile(path, "<html>not found</html>".repeat(50))],
    ["cut off in its index", (path) => truncate(path, 1000)],
    ["zeros", async (path) => writeFile(path, Buffer.alloc((await readFile(path)).length))],
  ])("%s is a gap, and the clip holds what there is", async (_, damage) => {
    const { body, codes, claimed } = await ask(await camera("usual"), { ...across, damage: second(damage) });
    expect(body.coverage?.gaps).toEqual([{ ...missing, cause: "CORRUPT_SOURCE" }]);
    expect(codes).toEqual(codesOf(claimed, across.fromMs, missing.start));
  });

  it("of audio alone is a gap", async () => {
    const audioOnly = await shop.then(({ path }) => join(path, "audio.mp4"));
    await writeFile(audioOnly, await audioOf((await camera("usual")).recordings[1]?.path ?? ""));
    const damage = second((path) => copyFile(audioOnly, path));
    const { body, codes, claimed } = await ask(await camera("usual"), { ...across, damage });
    expect(body.coverage?.gaps).toEqual([{ ...missing, cause: "CORRUPT_SOURCE" }]);
    expect(codes).toEqual(codesOf(claimed, across.fromMs, missing.start));
  });

  it("corrupt in the middle costs its damaged frames alone, and the clip keeps its time", async () => {
    const damage = second(async (path) => {
      const bytes = await readFile(path);
      bytes.fill(0, Math.floor(bytes.length * 0.3), Math.floor(bytes.length * 0.36));
      await writeFile(path, bytes);
    });
    const { body, codes, seconds, claimed } = await ask(await camera("usual"), { ...across, damage });
    expect(body.status).toBe("CLIP_AVAILABLE");
    const whole = codesOf(claimed, across.fromMs, across.toMs);
    expect(codes.slice(0, 37)).toEqual(whole.slice(0, 37));
    expect(codes.at(-1)).toBe(whole.at(-1));
    expect(codes.length).toBeLessThan(whole.length);
    expect(seconds.at(-1)).toBeCloseTo(((whole.length - 1) * FRAME_MS) / 1000, 2);
  });

  it.each([0.6, 0.95])("cut off at %f of its bytes gives what is left of it", async (share) => {
    const made = await camera("index first", { container: "moov-first" });
    const damage = second(async (path) => truncate(path, Math.floor((await readFile(path)).length * share)));
    const range = { ...across, toMs: START + 8000 };
    for (const precision of ["smart", "exact", "fast"] as const) {
      const { body, codes, claimed } = await ask(made, { ...range, damage, precision });
      const [gap] = body.coverage?.gaps ?? [];
      expect(body.coverage?.gaps).toEqual([{ start: gap?.start, end: range.toMs, cause: "CORRUPT_SOURCE" }]);
      expect(gap?.start).toBeGreaterThan(missing.start);
      expect(codes).toEqual(codesOf(claimed, range.fromMs, gap?.start ?? 0));
    }
  });

  it("HEVC is cut by re-encoding, exactly", async () => {
    const made = await camera("hevc", { each: (index) => (index === 1 ? { codec: "hevc" } : {}) });
    const { used, codes, claimed } = await ask(made, across);
    expect(used).toBe("exact");
    expect(codes).toEqual(codesOf(claimed, across.fromMs, across.toMs));
  });
});

describe.concurrent("a clip whose edge lies", () => {
  it("anywhere between B-frames ends where the next frame would start", async () => {
    const made = await camera("three B-frames", { bFrames: 3, gop: 50 });
    for (const toMs of [2400, 2440, 2480, 2520].map((ms) => START + ms)) {
      const { body } = await ask(made, { fromMs: START + 1000, toMs });
      expect(body).toMatchObject({ coverage: { gaps: [], startErrorMs: 0, endErrorMs: 0 } });
    }
  });

  it.each(["SKIP_GAPS", "FILL_WITH_BLACK", "REJECT"])(
    "in a frame that stands for long has no gap there, with %s",
    async (gapPolicy) => {
      const made = await camera("usual");
      const asked = { damage: standing, gapPolicy };
      const ending = await ask(made, { ...asked, fromMs: START + 1000, toMs: START + 2800 });
      expect(ending.body).toMatchObject({ status: "CLIP_AVAILABLE", coverage: { gaps: [], endErrorMs: 0 } });
      expect(ending.clipSeconds).toBeCloseTo(1.8, 3);
      expect(ending.codes).toEqual(codesOf(ending.claimed, START + 1000, START + 2400));
      const starting = await ask(made, { ...asked, fromMs: START + 2800, toMs: START + 3800 });
      // The clip starts with its first frame, as always; coverage says how much later that is.
      expect(starting.body).toMatchObject({ coverage: { gaps: [], startErrorMs: 400, endErrorMs: 0 } });
      expect(starting.codes).toEqual(codesOf(starting.claimed, START + 3200, START + 3800));
    },
  );
});

/** The frame at 2360 ms stands until 3200 ms, where the next one is. */
async function standing(path: string): Promise<void> {
  const still = `${path}.still.mp4`;
  const select = [
    "-vf",
    "select='not(between(n,60,79))'",
    "-fps_mode",
    "passthrough",
    "-video_track_timescale",
    "90000",
  ];
  const encode = [
    "-c:v",
    "libx264",
    "-preset",
    "superfast",
    "-force_key_frames",
    "1,2,3.2",
    "-bf",
    "0",
    "-c:a",
    "copy",
  ];
  await runFfmpeg({ ffmpeg: testFfmpeg, args: ["-v", "error", "-y", "-i", path, ...select, ...encode, still] });
  await rename(still, path);
}

async function audioOf(path: string): Promise<Uint8Array> {
  const audio = `${path}.audio.mp4`;
  await runFfmpeg({ ffmpeg: testFfmpeg, args: ["-v", "error", "-y", "-i", path, "-vn", "-c", "copy", audio] });
  return readFile(audio);
}

it("whatever range is asked for, of whatever recordings, every frame of it is there once", {
  timeout: 600_000,
}, async () => {
  const kinds: Partial<CameraOptions>[] = [
    { recordings: 3, seconds: 2 },
    { recordings: 3, seconds: 2, fps: "30000/1001", bFrames: 3, openGop: true, gop: 12 },
    { recordings: 3, seconds: 2, vfr: true, audio: false, container: "fragmented" },
  ];
  const drawn = fc.record({
    kind: fc.nat(kinds.length - 1),
    fromMs: fc.integer({ min: 0, max: 5500 }),
    lengthMs: fc.integer({ min: 60, max: 4000 }),
    precision: fc.constantFrom<Precision>("smart", "exact", "fast"),
    offMs: fc.constantFrom(0, 0, 40, -40, 300, -300),
  });
  await fc.assert(
    fc.asyncProperty(drawn, async ({ kind, fromMs, lengthMs, precision, offMs }) => {
      const made = await camera(`kind ${kind}`, kinds[kind]);
      const range = { fromMs: START + fromMs, toMs: START + Math.min(fromMs + lengthMs, 5900) };
      // One recording of the three is off: the last.
      const asked = { ...range, precision, offMs: (index: number) => (index === 2 ? offMs : 0) };
      const { body, used, codes, claimed, thumbnail } = await ask(made, asked);
      // Over a join the frame before it is held, which exact clips do by showing it again.
      const isHeld = used === "exact" && offMs > 0;
      const shown = isHeld ? codes.filter((code, index) => code !== codes[index - 1]) : codes;
      expect(shown, JSON.stringify(body)).toEqual(codesOf(claimed, range.fromMs, range.toMs));
      expect(thumbnail.code).toBe(thumbnail.due);
    }),
    { numRuns: Number(PIPELINE_RUNS), ...(PIPELINE_SEED && { seed: Number(PIPELINE_SEED) }) },
  );
});

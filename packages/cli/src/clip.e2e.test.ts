import { execFile } from "node:child_process";
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Camera } from "@camclips/media/synthetic";
import { readFrameCodes, recordingName } from "@camclips/media/synthetic";
import { after, type Folder, makeHarbour, START_MS, temporaryFolder } from "@camclips/testing/cli/fixtures";
import { runCli } from "@camclips/testing/cli/run-cli";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const execute = promisify(execFile);

let folder: Folder;
let camera: Camera;

beforeAll(async () => {
  folder = await temporaryFolder();
  camera = await makeHarbour(join(folder.path, "recordings"), 3);
});
afterAll(() => folder[Symbol.asyncDispose]());

const clip = (args: string[], env: Record<string, string> = {}) =>
  runCli(["clip", "--camera", "harbour", ...args], { cwd: folder.path, env });

/** Moves the decode times of all fragments; there is one track. */
function delayed(bytes: Buffer, seconds: number): Buffer {
  const timescale = bytes.readUInt32BE(bytes.indexOf("mdhd") + 16);
  for (let at = bytes.indexOf("tfdt"); at >= 0; at = bytes.indexOf("tfdt", at + 4))
    bytes.writeBigUInt64BE(bytes.readBigUInt64BE(at + 8) + BigInt(seconds * timescale), at + 8);
  return bytes;
}

const range = (fromMs: number, toMs: number) => ["--start", after(fromMs), "--end", after(toMs)];

describe.concurrent("camclips clip", { timeout: 60_000 }, () => {
  it("cuts the asked frames across two recordings and prints the contract's metadata, and nothing else, on stdout", async () => {
    const args = ["--recordings", "recordings", ...range(3000, 5000), "--out", "out", "--clip-id", "two", "--json"];
    const { code, stdout, stderr } = await clip(args, { CLIP_URL: "https://clips.test/", THUMBNAIL_SIZES: "80 320" });
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      clipId: "two",
      cameraId: "harbour",
      startTimestampInMs: START_MS + 3000,
      endTimestampInMs: START_MS + 5000,
      status: "CLIP_AVAILABLE",
      bucket: "out",
      clip: {
        url: "https://clips.test/harbour/two.mp4",
        key: "/harbour/two.mp4",
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        bytes: expect.any(Number),
        durationMs: 2000,
        frames: 50,
        precision: "smart",
      },
      thumbnail: {
        url: "https://clips.test/harbour/two_{size}.jpg",
        key: "/harbour/two_{size}.jpg",
        sizes: [80, 320],
      },
      retryTimestamps: [],
      coverage: {
        requested: [START_MS + 3000, START_MS + 5000],
        delivered: expect.any(Array),
        gaps: [],
        startErrorMs: expect.closeTo(0, 0),
        endErrorMs: expect.closeTo(0, 0),
        audio: { delivered: expect.any(Array), silent: [] },
      },
      waitMs: 0,
      queuedMs: expect.any(Number),
      workMs: expect.any(Number),
      realtimeFactor: expect.any(Number),
    });
    const frames = await readFrameCodes(join(folder.path, "out/harbour/two.mp4"));
    expect(frames.map((frame) => frame.code)).toEqual(camera.frames.slice(75, 125).map((frame) => frame.code));
    const files = (await readdir(join(folder.path, "out/harbour"))).sort();
    const pictures = ["two_320.jpg", "two_80.jpg", "two_original.jpg"];
    expect(files).toEqual(["two.events.json", "two.json", "two.mp4", ...pictures]);
    expect(JSON.parse(await readFile(join(folder.path, "out/harbour/two.json"), "utf8"))).toEqual(JSON.parse(stdout));
  });

  it("takes a camera by whatever name its recordings have", async () => {
    const own = join(folder.path, "odd");
    await mkdir(own);
    const [first = ""] = (await readdir(join(folder.path, "recordings"))).sort();
    await cp(join(folder.path, "recordings", first), join(own, first.replace("harbour", "Küche #1.oben")));
    const args = ["clip", "--camera", "Küche #1.oben", "--recordings", "odd", ...range(1000, 2000), "--clip-id", "-x"];
    const { code, stderr } = await runCli([...args, "--json"], { cwd: folder.path, env: { THUMBNAIL_SIZES: "80" } });
    expect(code, stderr).toBe(0);
    const files = (await readdir(join(folder.path, "clips/Küche%20%231.oben"))).sort();
    expect(files).toEqual(["-x.events.json", "-x.json", "-x.mp4", "-x_80.jpg", "-x_original.jpg"]);
  });

  it("takes epoch milliseconds, shows the stages, and names the results after the times", async () => {
    const times = ["--start", String(START_MS + 500), "--end", String(START_MS + 1500)];
    const { code, stdout, stderr } = await clip(["--recordings", "recordings", ...times]);
    expect(code, stderr).toBe(0);
    const spine = ["RequestAccepted", "SourcesLocated", "SourcesDownloaded", "ClipRendered", "ThumbnailsRendered"];
    for (const event of [...spine, "ClipPublished"]) expect(stdout).toContain(event);
    expect(stdout).toContain("clips/harbour/harbour-20181031T025200551-20181031T025201551.mp4");
    expect(stderr).toBe("");
  });

  it("does a finished clip afresh, and refuses another range under its id", async () => {
    const args = ["--recordings", "recordings", "--out", "again", "--clip-id", "again", "--json"];
    const first = JSON.parse((await clip([...args, ...range(0, 1000)])).stdout);
    const second = JSON.parse((await clip([...args, ...range(0, 1000)])).stdout);
    expect(second).toMatchObject({ status: "CLIP_AVAILABLE", clip: { frames: 25, sha256: first.clip.sha256 } });
    const other = await clip([...args, ...range(0, 2000)]);
    expect(other.code).toBe(3);
    expect(JSON.parse(other.stdout)).toMatchObject({ status: "FATAL_ERROR", reason: "INVALID_REQUEST" });
    expect(JSON.parse(await readFile(join(folder.path, "again/harbour/again.json"), "utf8"))).toEqual(second);
  });

  it("fills a gap when asked to, and says what is missing", async () => {
    const gappy = join(folder.path, "gappy");
    await cp(join(folder.path, "recordings"), gappy, { recursive: true });
    const [, middle = ""] = (await readdir(gappy)).sort();
    await writeFile(join(gappy, middle), "");
    const args = ["--recordings", "gappy", ...range(3000, 9000), "--gap-policy", "fill-with-black", "--json"];
    const { code, stdout, stderr } = await clip(args);
    expect(code, stderr).toBe(0);
    const metadata = JSON.parse(stdout);
    expect(metadata).toMatchObject({ status: "CLIP_AVAILABLE", clip: { frames: 150 } });
    expect(metadata.coverage.gaps).toEqual([{ start: START_MS + 4000, end: START_MS + 8000, cause: "CORRUPT_SOURCE" }]);
  });

  it("says CORRUPT_SOURCE when no recording of the range is intact", async () => {
    const broken = join(folder.path, "broken");
    await mkdir(broken);
    const [first = ""] = (await readdir(join(folder.path, "recordings"))).sort();
    const intact = await readFile(join(folder.path, "recordings", first));
    await writeFile(join(broken, first), intact.subarray(0, 100));
    const { code, stdout } = await clip(["--recordings", "broken", ...range(1000, 2000), "--json", "--clip-id", "bad"]);
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toEqual({
      clipId: "bad",
      cameraId: "harbour",
      startTimestampInMs: START_MS + 1000,
      endTimestampInMs: START_MS + 2000,
      status: "FATAL_ERROR",
      thumbnail: { sizes: [] },
      retryTimestamps: [],
      reason: "CORRUPT_SOURCE",
      retryable: false,
      message: expect.any(String),
      coverage: expect.any(Object),
    });
  });

  it("decides at once that footage is missing, and says what the folder covers", async () => {
    const { code, stdout, stderr } = await clip(["--recordings", "recordings", ...range(60_000, 70_000), "--json"]);
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ status: "CLIP_NOT_AVAILABLE", reason: "NO_FOOTAGE", retryable: false });
    expect(stderr).toContain(`${after(0)} to ${after(12_000)}`);
  });

  it("reads starts from --starts, from the file, or says that nobody knows them", async () => {
    const renamed = join(folder.path, "renamed");
    await cp(join(folder.path, "recordings"), renamed, { recursive: true });
    const names = (await readdir(renamed)).sort();
    await Promise.all(names.map((name, index) => rename(join(renamed, name), join(renamed, `take ${index}.mp4`))));
    const args = ["--recordings", "renamed", "--json", ...range(3000, 5000)];

    const unknown = await clip(args);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain("nothing says when these recordings start: take 0.mp4, take 1.mp4, take 2.mp4");
    expect(unknown.stderr).toContain("--starts FILE=TIME");

    const starts = [0, 1].flatMap((index) => ["--starts", `take ${index}.mp4=${after(index * 4000)}`]);
    const told = await clip([...args, ...starts]);
    expect(JSON.parse(told.stdout), told.stderr).toMatchObject({ status: "CLIP_AVAILABLE", clip: { frames: 50 } });
    expect(told.stderr).toContain("left out, because their names hold no time (see --starts): take 2.mp4");

    const dated = join(folder.path, "dated");
    const creation = ["-metadata", `creation_time=${new Date(START_MS).toISOString()}`];
    await makeHarbour(dated, 1, { encoder: creation });
    const [name = ""] = await readdir(dated);
    await rename(join(dated, name), join(dated, "dated.mp4"));
    const own = await clip(["--recordings", "dated", "--json", ...range(1000, 2000)]);
    expect(JSON.parse(own.stdout), own.stderr).toMatchObject({ status: "CLIP_AVAILABLE", clip: { frames: 25 } });
  });

  it.each([
    ["segments", 0, ""],
    ["fragments", 0, "frag_keyframe+empty_moov+default_base_moof"],
    ["fragments-since-1970", 1_700_000_000, "frag_keyframe+empty_moov+default_base_moof"],
  ])("takes the same frames as the service out of %s whose times run on", async (kind, offset, movflags) => {
    const [first = ""] = (await readdir(join(folder.path, "recordings"))).sort();
    const own = join(folder.path, kind);
    await mkdir(own);
    const cut = ["-f", "segment", "-segment_time", "2", "-segment_format", "mp4"];
    const format = ["-segment_format_options", `movflags=${movflags || "faststart"}`];
    const input = ["-v", "error", "-i", join(folder.path, "recordings", first), "-map", "0:v", "-c", "copy"];
    await execute(testFfmpeg, [...input, ...cut, ...format, join(own, "%d.mp4")]);
    for (const part of [0, 1]) {
      const bytes = await readFile(join(own, `${part}.mp4`));
      await rm(join(own, `${part}.mp4`));
      await writeFile(join(own, recordingName("harbour", START_MS + part * 2000)), delayed(bytes, offset));
    }
    const { stdout, stderr } = await clip(["--recordings", kind, ...range(1500, 3500), "--clip-id", kind, "--json"]);
    expect(JSON.parse(stdout), stderr).toMatchObject({ status: "CLIP_AVAILABLE", coverage: { gaps: [] } });
    const frames = await readFrameCodes(join(folder.path, `clips/harbour/${kind}.mp4`), testFfmpeg);
    expect(frames.map((frame) => frame.code)).toEqual(camera.frames.slice(38, 88).map((frame) => frame.code));
    const behind = await clip(["--recordings", kind, ...range(5000, 6000), "--json"]);
    expect(JSON.parse(behind.stdout)).toMatchObject({ status: "CLIP_NOT_AVAILABLE", reason: "NO_FOOTAGE" });
    expect(behind.stderr).toContain(`${after(0)} to ${after(4000)}`);
  });

  it("lets --starts overrule the time in a name: camera clocks are wrong sometimes", async () => {
    const [name = ""] = (await readdir(join(folder.path, "recordings"))).sort();
    const shifted = `${name}=2020-01-01T00:00:00Z`;
    const times = ["--start", "2020-01-01T00:00:01Z", "--end", "2020-01-01T00:00:02Z"];
    const { stdout, stderr } = await clip(["--recordings", "recordings", "--starts", shifted, ...times, "--json"]);
    const metadata = JSON.parse(stdout);
    expect(metadata, stderr).toMatchObject({ status: "CLIP_AVAILABLE", coverage: { gaps: [] } });
    const file = join(folder.path, "clips/harbour/harbour-20200101T000001000-20200101T000002000.mp4");
    const frames = await readFrameCodes(file);
    expect(frames.map((frame) => frame.code)).toEqual(camera.frames.slice(25, 50).map((frame) => frame.code));
  });
});

import { execFile } from "node:child_process";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { createMediaEngine } from "@camclips/media/engine";
import { makeRecording } from "@camclips/media/synthetic";
import { fileSource, readTimeline } from "@camclips/mp4";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openCopied } from "./open-copied.ts";

const run = promisify(execFile);
const media = createMediaEngine({ ffmpeg: testFfmpeg, threads: 1, timeLimitMs: 30_000 });
const START_MS = 1_000_000;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "camclips-copied-"));
  await makeRecording({ path: join(folder, "a.mp4"), startMs: START_MS, seconds: 4, gop: 25 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function opened(name: string, output: string[], [fromMs, toMs]: [number, number], bytes = 1) {
  const path = join(folder, name);
  await run(testFfmpeg, ["-v", "error", "-y", "-i", join(folder, "a.mp4"), "-map", "0", "-c", "copy", ...output, path]);
  const source = { path, zeroMs: START_MS, fromMs: START_MS + fromMs, toMs: START_MS + toMs };
  return openCopied(source, bytes, { media }, { scratch: folder, signal: AbortSignal.timeout(150_000) });
}

describe("a recording that was copied whole", () => {
  it.each<[string, string, string[]]>([
    ["an MPEG transport stream, whose times start at 1.4 s", "a.ts", ["-f", "mpegts"]],
    ["one whose times start at 50,000 s", "b.ts", ["-f", "mpegts", "-output_ts_offset", "50000"]],
    ["Matroska", "a.mkv", ["-f", "matroska"]],
    ["AVI", "a.avi", ["-f", "avi"]],
  ])("becomes an MP4 whose first frame is at the instant of its name: %s", async (_, name, output) => {
    const source = await opened(name, output, [1000, 2000]);
    if (!source) throw new TypeError("it holds frames");
    await using file = await fileSource(source.path);
    const timeline = await readTimeline(file, name);
    const { startSeconds = Number.NaN, endSeconds = Number.NaN } = timeline?.media ?? {};
    // Matroska's times are rounded to milliseconds.
    expect(Math.abs(source.zeroMs + startSeconds * 1000 - START_MS)).toBeLessThan(25);
    expect(Math.abs(source.zeroMs + endSeconds * 1000 - START_MS - 4000)).toBeLessThan(25);
  });

  it("holds nothing of a part behind its end", async () => {
    expect(await opened("c.mkv", ["-f", "matroska"], [5000, 6000])).toBeUndefined();
    expect(await opened("d.ts", ["-f", "mpegts"], [5000, 6000])).toBeUndefined();
  });

  it("is refused where it is larger than what may be copied", async () => {
    const large = opened("e.mkv", ["-f", "matroska"], [0, 1000], 2 * 1024 ** 3);
    await expect(large).rejects.toThrow("it is no MP4 and has 2048 MB: more than 1536 MB are not copied whole");
  });

  it("stays as it is where it is an MP4", async () => {
    const path = join(folder, "plain.mp4");
    await copyFile(join(folder, "a.mp4"), path);
    const source = { path, zeroMs: START_MS, fromMs: START_MS, toMs: START_MS + 1000 };
    const options = { scratch: folder, signal: AbortSignal.timeout(150_000) };
    expect(await openCopied(source, 1, { media }, options)).toBe(source);
  });
});

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readSettings } from "@camclips/events";
import { recordingName } from "@camclips/media/synthetic";
import { describe, expect, it } from "vitest";
import { loadEmbedded } from "../../../../tools/bench/load/embedded.ts";
import { stubEngine } from "../../../../tools/bench/load/stub-engine.ts";
import { scanFolder } from "../../../cli/src/recordings/scan.ts";
import { testFfmpeg } from "../ffmpeg.ts";

/** How the cost of what is around a cut grows: slopes, which do not depend on the machine. */
const RUNS = 2;

async function least(measure: () => Promise<number>): Promise<number> {
  const all = [];
  for (let run = 0; run < RUNS; run++) all.push(await measure());
  return Math.min(...all);
}

describe("what a clip costs beside its cut", () => {
  it("is the same after 5,000 clips", { timeout: 300_000 }, async () => {
    const msEach = async (before: number) => {
      const { cpuMsPerClip } = await loadEmbedded({ clips: 40, atOnce: 1, before }, stubEngine, testFfmpeg);
      return cpuMsPerClip ?? Number.NaN;
    };
    // The first run loads and compiles code.
    await msEach(1);
    const [first, late]: [number[], number[]] = [[], []];
    // By turns: a machine that becomes busy makes both dearer.
    for (let run = 0; run < RUNS; run++) {
      first.push(await msEach(1));
      late.push(await msEach(5_000));
    }
    expect(Math.min(...late)).toBeLessThan(1.6 * Math.min(...first));
  });

  it("grows with the recordings' folder no faster than that", async () => {
    const settings = readSettings({
      CAM_SERVICES_URL: "https://camera.invalid",
      RECORDINGS_URL: "https://camera.invalid",
      CLIP_URL: "https://clips.invalid",
      S3_BUCKET_ORIGIN: "./origin",
    });
    const folder = await mkdtemp(join(tmpdir(), "camclips-growth-"));
    const put = async (from: number, to: number) => {
      const names = Array.from({ length: to - from }, (_, index) =>
        recordingName("pier", Date.UTC(2026, 0, 1) + (from + index) * 10_000),
      );
      await Promise.all(names.map((name) => writeFile(join(folder, name), "")));
    };
    const seconds = async () => {
      const before = process.cpuUsage();
      await scanFolder(folder, "pier", new Map(), settings);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1e6;
    };
    try {
      await put(0, 500);
      const ofFew = await least(seconds);
      await put(500, 5_000);
      expect(await least(seconds)).toBeLessThan(15 * ofFew);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

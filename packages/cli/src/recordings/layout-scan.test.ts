import { execFile } from "node:child_process";
import { copyFile, mkdir, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { parseConfig, rootsOf } from "@camclips/recordings";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { testFolder } from "@camclips/testing/folders";
import { expect, it } from "vitest";
import { rootsFor, scanRoots } from "./layout-scan.ts";

const RULES = { JOIN_TOLERANCE_MS: 1000, RECORDING_MAX_LEN: 600 };

async function put(folder: string, ...names: string[]): Promise<void> {
  for (const name of names) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), "movie");
  }
}

it("recordings of an hour are of the right one of the two hours of a night when clocks are set back", async () => {
  await using folder = await testFolder();
  const made = join(folder.path, "hour.mp4");
  const still = ["-f", "lavfi", "-i", "color=size=64x48:rate=1/10", "-t", "3600"];
  await promisify(execFile)(testFfmpeg, ["-v", "error", ...still, "-c:v", "libx264", "-preset", "ultrafast", made]);
  const [first, second] = [Date.UTC(2026, 9, 25, 0), Date.UTC(2026, 9, 25, 1, 0, 1)];
  await put(folder.path, "gate/2026-10-25_02-00-00-0.mp4", "gate/2026-10-25_02-00-01-0.mp4");
  for (const [nth, startMs] of [first, second].entries()) {
    const path = join(folder.path, `gate/2026-10-25_02-00-0${nth}-0.mp4`);
    await copyFile(made, path);
    await utimes(path, new Date(startMs + 3602_000), new Date(startMs + 3602_000));
  }
  const roots = rootsFor(folder.path, "gate", { layout: "mediamtx", zone: "Europe/Paris" });
  const { recordings } = await scanRoots(roots, "gate", RULES);
  expect(recordings.map(({ startMs }) => startMs)).toEqual([first, second]);
});

it("a file in several folders of a configuration is the first one's, as of a service", async () => {
  await using folder = await testFolder();
  await put(folder.path, "nvr/gate/2026-03-01_12-00-00-0.mp4");
  const config = `
recordings: [{ folder: nvr, layout: mediamtx }]
cameras: { gate: { folders: [{ folder: nvr/gate, layout: "%Y-%m-%d_%H-%M-%S-%f", zone: Asia/Tokyo }] } }
`;
  const roots = rootsOf(parseConfig(config, join(folder.path, "camclips.config.yaml")));
  const { recordings } = await scanRoots(roots, "gate", RULES);
  expect(recordings.map(({ startMs }) => startMs)).toEqual([Date.UTC(2026, 2, 1, 12)]);
});

import { execFile } from "node:child_process";
import { copyFile, mkdir, symlink, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { parseConfig, rootsOf } from "@camclips/recordings";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { testFolder } from "@camclips/testing/folders";
import { expect, it } from "vitest";
import { rootsFor, scanRoots } from "./layout-scan.ts";
import { scanFolder } from "./scan.ts";

const RULES = { JOIN_TOLERANCE_MS: 1000, RECORDING_MAX_LEN: 600 };
const CONTRACT = { TIMESTAMP_FORMAT: "%Y%m%dT%H%M%S%f", OLD_FILE_FORMAT: false };

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

it("names that begin with a dot are left out, of files and of folders, with a layout and without one", async () => {
  await using folder = await testFolder();
  const kept = "gate/2026-03-01_12-00-00-0.mp4";
  const trash = ".Trash-1000/files/gate/2026-03-01_12-00-04-0.mp4";
  await put(folder.path, kept, trash, "gate/.2026-03-01_12-00-08-0.mp4");
  const roots = rootsFor(folder.path, "gate", { layout: "mediamtx", zone: "UTC" });
  expect((await scanRoots(roots, "gate", RULES)).recordings.map(({ name }) => name)).toEqual([kept]);

  await using plain = await testFolder();
  const name = "gate.stream.20260301T120000000.mp4";
  await put(plain.path, name, `._${name}`);
  const scan = await scanFolder(plain.path, "gate", new Map(), CONTRACT);
  expect([scan.recordings.map((recording) => recording.name), scan.leftOut]).toEqual([[name], []]);
});

it("a link to a folder that is named as a recording is none, nor is one that leads nowhere", async () => {
  await using folder = await testFolder();
  const kept = "gate/2026-03-01_12-00-00-0.mp4";
  await put(folder.path, kept);
  for (const [name, target] of [
    ["gate/2026-03-01_12-00-04-0.mp4", folder.path],
    ["gate/2026-03-01_12-00-08-0.mp4", "/nowhere"],
  ] as const)
    await symlink(target, join(folder.path, name));
  const roots = rootsFor(folder.path, "gate", { layout: "mediamtx", zone: "UTC" });
  expect((await scanRoots(roots, "gate", RULES)).recordings.map(({ name }) => name)).toEqual([kept]);
});

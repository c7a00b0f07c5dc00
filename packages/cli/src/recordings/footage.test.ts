import { execFile } from "node:child_process";
import { appendFileSync } from "node:fs";
import { copyFile, truncate } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { readSettings } from "@camclips/events";
import { makeRecording, recordingName } from "@camclips/media/synthetic";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { testFolder } from "@camclips/testing/folders";
import { expect, it } from "vitest";
import { footageIn } from "./footage.ts";

const rules = readSettings({
  CAM_SERVICES_URL: "https://cams.test.com",
  RECORDINGS_URL: "https://cams.test.com",
  CLIP_URL: "https://clips.test.com",
  S3_BUCKET_ORIGIN: "recordings",
});
const START = Date.UTC(2026, 2, 1, 12);
const HOUR = 3600_000;

it("recordings too small to last until the range are not looked into, however many a folder holds", async () => {
  await using folder = await testFolder();
  const made = join(folder.path, "made.mp4");
  await makeRecording({ path: made, startMs: START, seconds: 2, ffmpeg: testFfmpeg });
  const [small, large, close] = await Promise.all(
    [-23 * HOUR, -2 * HOUR, -300_000].map(async (beforeMs) => {
      const name = recordingName("door", START + beforeMs);
      await copyFile(made, join(folder.path, name));
      return { name, path: join(folder.path, name), startMs: START + beforeMs };
    }),
  );
  if (!small || !large || !close) throw new TypeError("three were made");
  await truncate(large.path, 2 * 3600 * 20);
  const { footage } = await footageIn([small, large, close], [START, START + 10_000], rules);
  // Of the first nothing but its name is known, so that it counts as long as recordings may be.
  expect(footage.map(({ startMs, endMs }) => endMs - startMs)).toEqual([rules.RECORDING_MAX_LEN * 1000, 2000, 2000]);
});

it("looks into a recording that grows meanwhile as far as it is there", async () => {
  await using folder = await testFolder();
  const name = recordingName("door", START);
  const recording = { name, path: join(folder.path, name), startMs: START };
  await makeRecording({
    path: recording.path,
    startMs: START,
    seconds: 2,
    container: "fragmented",
    ffmpeg: testFfmpeg,
  });
  const free = Buffer.from([0, 0, 0, 8, ...Buffer.from("free")]);
  const { footage, origin } = await footageIn([recording], [START, START + 10_000], rules);
  const object = await origin.open(name);
  appendFileSync(recording.path, free);
  expect(await object?.read(0, 8)).toHaveLength(8);
  expect(footage.map(({ startMs, endMs }) => endMs - startMs)).toEqual([2000]);
});

it("a picture that begins late does, however long the recording is: the next one begins where it ends", async () => {
  await using folder = await testFolder();
  const late = { name: recordingName("door", START), startMs: START };
  const next = { name: recordingName("door", START + 1_200_000), startMs: START + 1_200_000 };
  const pathOf = ({ name }: { name: string }) => join(folder.path, name);
  const made = join(folder.path, "made.mp4");
  const still = ["-f", "lavfi", "-i", "color=size=64x48:rate=1/10", "-t", "1170", "-preset", "ultrafast"];
  const moved = ["-itsoffset", "30", "-i", made, "-c", "copy"];
  await promisify(execFile)(testFfmpeg, ["-v", "error", ...still, "-c:v", "libx264", made]);
  await promisify(execFile)(testFfmpeg, ["-v", "error", ...moved, pathOf(late)]);
  await makeRecording({ path: pathOf(next), startMs: next.startMs, seconds: 2, ffmpeg: testFfmpeg });
  const recordings = [late, next].map((recording) => ({ ...recording, path: pathOf(recording) }));
  const { footage } = await footageIn(recordings, [START, START + 1_300_000], rules);
  expect(footage.map(({ endMs }) => endMs - START)).toEqual([1_200_000, 1_202_000]);
});

it("a recording whose end is unknown goes on behind a shorter one within it", async () => {
  await using folder = await testFolder();
  const endless = { name: "door.stream.20260301T120000000.avi", startMs: START };
  const within = { name: recordingName("door", START + 5000), startMs: START + 5000 };
  const pathOf = ({ name }: { name: string }) => join(folder.path, name);
  const still = ["-f", "lavfi", "-i", "color=size=64x48:rate=1", "-t", "20", "-c:v", "mjpeg"];
  await promisify(execFile)(testFfmpeg, ["-v", "error", ...still, pathOf(endless)]);
  await makeRecording({ path: pathOf(within), startMs: within.startMs, seconds: 2, ffmpeg: testFfmpeg });
  const recordings = [endless, within].map((recording) => ({ ...recording, path: pathOf(recording) }));
  const { footage } = await footageIn(recordings, [START + 10_000, START + 12_000], rules);
  expect(footage.map(({ endMs }) => endMs - START)).toEqual([24 * HOUR, 7000]);
});

it("files of the same name in two folders are two recordings", async () => {
  await using folder = await testFolder();
  const name = recordingName("door", START);
  const recordings = ["whole", "cut"].map((copy) => ({ name, path: join(folder.path, copy), startMs: START }));
  await makeRecording({ path: join(folder.path, "whole"), startMs: START, seconds: 2, ffmpeg: testFfmpeg });
  await copyFile(join(folder.path, "whole"), join(folder.path, "cut"));
  await truncate(join(folder.path, "cut"), 100);
  const { known, origin, broken } = await footageIn(recordings, [START, START + 2000], rules);
  expect(known.map(({ endMs }) => endMs - START)).toEqual([2000]);
  expect((await origin.open(known[0]?.key ?? ""))?.size).toBeGreaterThan(100);
  expect(broken).toHaveLength(1);
});

it("one that cannot be read is broken, and no reason to end", async () => {
  await using folder = await testFolder();
  const name = recordingName("door", START);
  // Opening it fails, whoever tries: root may read files without permission.
  const path = join(folder.path, "x".repeat(300));
  const { broken, origin } = await footageIn([{ name, path, startMs: START }], [START, START + 2000], rules);
  expect(broken).toEqual([{ name, startMs: START, why: expect.stringContaining("it cannot be read") }]);
  await expect(origin.open(name)).rejects.toThrow("it cannot be read");
});

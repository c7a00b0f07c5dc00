import { join } from "node:path";
import { fileSource } from "@camclips/mp4";
import { testFolder } from "@camclips/testing/folders";
import { counted, ffmpeg, makeRecording } from "@camclips/testing/mp4/fixtures";
import { expect, it } from "vitest";
import { sliceRecording } from "./index.ts";

it.each([
  ["MPEG-TS", ["-f", "mpegts"]],
  ["MPEG-TS of a constant rate", ["-f", "mpegts", "-muxrate", "1000000"]],
  ["M2TS", ["-f", "mpegts", "-mpegts_m2ts_mode", "1"]],
  ["Matroska", ["-f", "matroska"]],
  ["Matroska without an index", ["-f", "matroska", "-live", "1"]],
])("a minute of an hour takes a few megabytes more than what it holds to be read: %s", async (name, output) => {
  await using folder = await testFolder();
  const minute = join(folder.path, "minute.mp4");
  await makeRecording(minute, { seconds: 60, output: ["-b:v", "400k", "-minrate", "400k"] });
  const path = join(folder.path, "hour");
  await ffmpeg("-stream_loop", "59", "-i", minute, "-map", "0", "-c", "copy", ...output, path);
  await using file = await fileSource(path);
  const source = counted(file);
  const slice = await sliceRecording(source, name, { fromSeconds: 2400.02, toSeconds: 2460.02 });
  expect(slice).toMatchObject({ method: "sliced" });
  const minuteBytes = file.size / 60;
  expect(slice.bytes).toBeGreaterThan(minuteBytes);
  expect(slice.bytes).toBeLessThan(1.25 * minuteBytes);
  const { reads } = source.traffic;
  expect(reads.reduce((sum, [start, end]) => sum + end - start, 0)).toBeLessThan(5 * 1024 ** 2);
  expect(reads.length).toBeLessThan(40);
});

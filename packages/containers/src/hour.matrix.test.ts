import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type ByteSource, fileSource } from "@camclips/mp4";
import { testFolder } from "@camclips/testing/folders";
import { counted, ffmpeg, makeRecording } from "@camclips/testing/mp4/fixtures";
import { expect, it } from "vitest";
import { readTimeline, sliceRecording } from "./index.ts";

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

const PACKET_BYTES = 188;

/** A transport stream with so many packets that mean nothing behind each of its own. */
function padded(own: Buffer, packets: number): ByteSource {
  const step = (1 + packets) * PACKET_BYTES;
  const padding = Buffer.alloc(step, Buffer.concat([Buffer.from("471fff10", "hex"), Buffer.alloc(184, 0xff)]));
  async function* stream(start: number, end: number) {
    for (let at = start; at < end; at += step - (at % step)) {
      const bytes = Buffer.from(padding);
      const from = PACKET_BYTES * Math.floor(at / step);
      own.copy(bytes, 0, from, from + PACKET_BYTES);
      yield bytes.subarray(at % step, (at % step) + end - at);
    }
  }
  const size = (own.length / PACKET_BYTES) * step;
  return { size, stream, read: async (start, end) => Buffer.concat(await Array.fromAsync(stream(start, end))) };
}

it("a large transport stream is looked through where its times contradict its length, up to what is copied whole", async () => {
  await using folder = await testFolder();
  const [shortly, minute] = [join(folder.path, "4.ts"), join(folder.path, "60.ts")];
  await makeRecording(shortly, { seconds: 4 });
  await makeRecording(minute, { seconds: 60 });
  const both = Buffer.concat([await readFile(shortly), await readFile(minute)]);
  const packetsOf = (bytes: number) => Math.ceil(bytes / both.length);
  const timeline = await readTimeline(padded(both, packetsOf(300 * 1024 ** 2)), "x", undefined, [64]);
  expect(timeline?.media?.endSeconds).toBeCloseTo(64, 2);
  const larger = padded(both, packetsOf(1.5 * 1024 ** 3));
  const slice = await sliceRecording(larger, "x", { fromSeconds: 1, toSeconds: 2 }, undefined, [64]);
  expect(slice.why).toBe(
    "its clock may begin again within it, and it has more than 1536 MB: it was not looked through",
  );
});

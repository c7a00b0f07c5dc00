import { readFile, writeFile } from "node:fs/promises";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { makeRecording, type Scratch, scratchFolder } from "@camclips/testing/mp4/fixtures";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runFfmpeg } from "../ffmpeg/run-ffmpeg.ts";
import { probeMedia } from "./probe.ts";

let scratch: Scratch;
beforeAll(async () => {
  scratch = await scratchFolder();
});
afterAll(() => scratch[Symbol.asyncDispose]());

/** Has the first edit list show two parts: half a second, and what is behind two. The index has to come last. */
async function joined(path: string): Promise<void> {
  const bytes = await readFile(path);
  const at = bytes.indexOf("elst") + 4;
  const timescale = bytes.readUInt32BE(bytes.indexOf("mdhd") + 16);
  const second = Buffer.from(bytes.subarray(at + 8, at + 20));
  bytes.writeUInt32BE(2, at + 4);
  bytes.writeUInt32BE(500, at + 8);
  second.writeUInt32BE(1000, 0);
  second.writeInt32BE(bytes.readInt32BE(at + 12) + 2 * timescale + timescale / 25, 4);
  for (const type of ["moov", "trak", "edts", "elst"]) {
    const sizeAt = bytes.indexOf(type, bytes.indexOf("moov")) - 4;
    bytes.writeUInt32BE(bytes.readUInt32BE(sizeAt) + second.length, sizeAt);
  }
  await writeFile(path, Buffer.concat([bytes.subarray(0, at + 20), second, bytes.subarray(at + 20)]));
}

it("pictures that are larger than their file's index says are refused before they are decoded", async () => {
  const path = scratch.path("large.mov");
  const huge = [
    "-f",
    "lavfi",
    "-i",
    "color=gray:size=8192x8192",
    "-frames:v",
    "1",
    "-c:v",
    "mjpeg",
    "-q:v",
    "31",
    path,
  ];
  await runFfmpeg({ ffmpeg: testFfmpeg, args: ["-y", ...huge] });
  const bytes = await readFile(path);
  const entry = bytes.indexOf("jpeg", bytes.indexOf("stsd"));
  bytes.writeUInt16BE(640, entry + 28);
  bytes.writeUInt16BE(360, entry + 30);
  await writeFile(path, bytes);
  const ways = { ffmpeg: testFfmpeg, timeLimitMs: 30_000 };
  await expect(probeMedia(path, ways)).rejects.toThrow("its pictures are larger than 8192x4320");
});

it("an edit list that joins parts within a GOP is refused, because ffmpeg moves the frames behind the join", async () => {
  const path = await makeRecording(scratch.path("a.mp4"), { audio: false });
  const ways = { ffmpeg: testFfmpeg, timeLimitMs: 30_000 };
  expect((await probeMedia(path, ways)).video.times).toHaveLength(100);
  await joined(path);
  await expect(probeMedia(path, ways)).rejects.toThrow("its edit list joins parts of it");
});

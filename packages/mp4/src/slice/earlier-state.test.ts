import { readFile, writeFile } from "node:fs/promises";
import {
  ffmpeg,
  makeRecording,
  memorySource,
  type Scratch,
  scratchFolder,
  shownFrames,
} from "@camclips/testing/mp4/fixtures";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CorruptSourceError } from "../errors.ts";
import { avcNalType, nalUnits, withLengths } from "../h26x/nal-units.ts";
import type { ByteSource } from "../io/byte-source.ts";
import { firstTrack } from "../read/movie.ts";
import { readMovie } from "../read/read-movie.ts";
import { sliceRecording } from "./slice-recording.ts";

let scratch: Scratch;
beforeAll(async () => {
  scratch = await scratchFolder();
});
afterAll(() => scratch[Symbol.asyncDispose]());

/** A stream of two encoders' settings one after the other, its parameter sets only where they change. */
async function changedOnce(codec: "h264" | "hevc", muxer: string[] = []): Promise<string> {
  const encoder = codec === "h264" ? ["-c:v", "libx264", "-bf", "0"] : ["-c:v", "libx265", "-x265-params", "bframes=0"];
  const streams: Buffer[] = [];
  for (const qp of ["18", "38"]) {
    const path = scratch.path(`${qp}.${codec}`);
    const source = ["-f", "lavfi", "-i", "testsrc2=size=192x108:rate=25:duration=2"];
    await ffmpeg(...source, ...encoder, "-qp", qp, "-preset", "ultrafast", "-g", "10", "-pix_fmt", "yuv420p", path);
    streams.push(withoutRepeatedSets(await readFile(path), codec));
  }
  const [raw, path] = [scratch.path(`once.${codec}`), scratch.path(`once-${codec}.mp4`)];
  await writeFile(raw, Buffer.concat(streams));
  await ffmpeg("-r", "25", "-i", raw, "-c", "copy", ...(codec === "hevc" ? ["-tag:v", "hvc1"] : []), ...muxer, path);
  return path;
}

const START = Buffer.from([0, 0, 1]);

function withoutRepeatedSets(stream: Buffer, codec: "h264" | "hevc"): Buffer {
  const seen = new Set<number>();
  const kept: Buffer[] = [];
  for (let at = stream.indexOf(START); at >= 0; ) {
    const next = stream.indexOf(START, at + 3);
    const nal = stream.subarray(at + 3, next < 0 ? stream.length : next);
    const type = codec === "h264" ? (nal[0] ?? 0) & 31 : ((nal[0] ?? 0) >> 1) & 63;
    const isSet = (codec === "h264" ? [7, 8] : [32, 33, 34]).includes(type);
    if (!(isSet && seen.has(type))) kept.push(START, nal);
    seen.add(type);
    at = next;
  }
  return Buffer.concat(kept);
}

/** The first sample's sets turned into filler, which says nothing: they are in the index. */
function withoutFirstSets(file: Buffer, codec: "h264" | "hevc"): Buffer {
  const bytes = Buffer.from(file);
  const start = bytes.indexOf("mdat") + 4;
  for (let at = start; at < start + 2000; at += 4 + bytes.readUInt32BE(at)) {
    const header = bytes.readUInt8(at + 4);
    const type = codec === "h264" ? header & 31 : (header >> 1) & 63;
    if (codec === "h264" ? [7, 8].includes(type) : [32, 33, 34].includes(type))
      bytes.writeUInt8(codec === "h264" ? 12 : 38 << 1, at + 4);
    if (codec === "h264" ? type === 5 : type < 32) break;
  }
  return bytes;
}

/** As a file of this machine is read. */
function near(bytes: Buffer): ByteSource {
  return { ...memorySource(bytes), readMany: async (places) => places.map((place) => bytes.subarray(...place)) };
}

describe("a slice knows what only earlier samples of the recording said", () => {
  const fragmented = ["-movflags", "frag_keyframe+empty_moov+default_base_moof"];
  it.each([
    ["h264", []],
    ["hevc", []],
    ["h264", fragmented],
    ["hevc", fragmented],
    ["h264", [...fragmented, "-frag_duration", "200000"]],
  ] as const)("parameter sets that changed once, before it: %s %s", async (codec, muxer) => {
    const path = await changedOnce(codec, [...muxer]);
    const file = memorySource(await readFile(path));
    const slice = await sliceRecording(file, path, { fromSeconds: 3.3, toSeconds: 3.8 });
    const staged = scratch.path(`slice-${codec}.mp4`);
    await writeFile(staged, slice.chunks());
    const [whole, part] = [await shownFrames(path), await shownFrames(staged)];
    const first = whole.findIndex(({ seconds }) => Math.abs(seconds - slice.zeroSeconds) < 0.001);
    expect(first).toBe(80);
    expect(part.map(({ hash }) => hash)).toEqual(whole.slice(first, first + part.length).map(({ hash }) => hash));
    expect(part.length).toBeGreaterThan(14);
  });

  it.each([
    ["h264", []],
    ["hevc", []],
    ["h264", fragmented],
  ] as const)("parameter sets that came once, in a recording that begins without any: %s %s", async (codec, muxer) => {
    const path = await changedOnce(codec, [...muxer]);
    const bytes = withoutFirstSets(await readFile(path), codec);
    const changed = scratch.path(`later-${codec}.mp4`);
    await writeFile(changed, bytes);
    const slice = await sliceRecording(near(bytes), path, {
      fromSeconds: 3.3,
      toSeconds: 3.8,
    });
    const staged = scratch.path(`slice-later-${codec}.mp4`);
    await writeFile(staged, slice.chunks());
    const [whole, part] = [await shownFrames(changed), await shownFrames(staged)];
    const hashes = whole.slice(80, 80 + part.length).map(({ hash }) => hash);
    expect(part.map(({ hash }) => hash)).toEqual(hashes);
    expect(part.length).toBeGreaterThan(14);
  });

  it("parameter sets that stand behind the picture before a keyframe", async () => {
    const path = await changedOnce("h264");
    const bytes = await readFile(path);
    const video = firstTrack(await readMovie(memorySource(bytes), path), "vide");
    const [last, keyframe] = [49, 50].map((i) => {
      const start = video?.samples.offset[i] ?? 0;
      return Buffer.from(bytes.subarray(start, start + (video?.samples.size[i] ?? 0)));
    });
    const units = [...nalUnits(keyframe ?? bytes)].map((unit) => unit.bytes);
    const isSet = (unit: Buffer) => [7, 8].includes(avcNalType(unit));
    const sets = withLengths(units.filter(isSet));
    const rest = withLengths(units.filter((unit) => !isSet(unit)));
    const start = video?.samples.offset[49] ?? 0;
    expect(video?.samples.offset[50]).toBe(start + (last?.length ?? 0));
    Buffer.concat([last ?? bytes, sets, rest]).copy(bytes, start);
    // The sizes of both, in stsz.
    const sizes = bytes.indexOf("stsz") + 16 + 49 * 4;
    bytes.writeUInt32BE((last?.length ?? 0) + sets.length, sizes);
    bytes.writeUInt32BE(rest.length, sizes + 4);
    const moved = withoutFirstSets(bytes, "h264");
    await writeFile(path, moved);
    const slice = await sliceRecording(near(moved), path, {
      fromSeconds: 2.04,
      toSeconds: 2.5,
    });
    const staged = scratch.path("slice-behind.mp4");
    await writeFile(staged, slice.chunks());
    const [whole, part] = [await shownFrames(path), await shownFrames(staged)];
    expect(part.length).toBeGreaterThan(10);
    expect(part.map(({ hash }) => hash)).toEqual(whole.slice(50, 50 + part.length).map(({ hash }) => hash));
  });

  it("which encoder made it, in 4:4:4 video, which decoders have to know", async () => {
    const path = scratch.path("full-chroma.mp4");
    await makeRecording(path, { output: ["-pix_fmt", "yuv444p", "-profile:v", "high444"], audio: false });
    const file = memorySource(await readFile(path));
    const slice = await sliceRecording(file, path, { fromSeconds: 2.2, toSeconds: 3 });
    const bytes = Buffer.concat(await Array.fromAsync(slice.chunks()));
    expect(bytes.length).toBe(slice.bytes);
    expect(bytes.includes("x264 - core")).toBe(true);
    const plain = await makeRecording(scratch.path("plain.mp4"), { audio: false });
    const other = await sliceRecording(memorySource(await readFile(plain)), plain, { fromSeconds: 2.2, toSeconds: 3 });
    expect(Buffer.concat(await Array.fromAsync(other.chunks())).includes("x264 - core")).toBe(false);
  });
});

it("a recording of huge pictures is refused before anything decodes it", async () => {
  const path = await makeRecording(scratch.path("huge.mp4"), { seconds: 1 });
  const sliceOf = async (width: number, height: number) => {
    const bytes = await readFile(path);
    const entry = bytes.indexOf("avc1", bytes.indexOf("stsd"));
    bytes.writeUInt16BE(width, entry + 28);
    bytes.writeUInt16BE(height, entry + 30);
    return sliceRecording(memorySource(bytes), "huge.mp4", { fromSeconds: 0, toSeconds: 1 });
  };
  await expect(sliceOf(8192, 4320)).resolves.toBeDefined();
  const refused = sliceOf(8192, 8192);
  await expect(refused).rejects.toThrow(CorruptSourceError);
  await expect(refused).rejects.toThrow("huge.mp4: its pictures are larger than 8192x4320: make them smaller");
});

it("an encrypted recording is named as one, not taken for video", async () => {
  const path = await makeRecording(scratch.path("clear.mp4"), { seconds: 1 });
  const bytes = await readFile(path);
  bytes.write("encv", bytes.indexOf("avc1", bytes.indexOf("stsd")));
  const refused = sliceRecording(memorySource(bytes), "encrypted.mp4", { fromSeconds: 0, toSeconds: 1 });
  await expect(refused).rejects.toThrow(CorruptSourceError);
  await expect(refused).rejects.toThrow("encrypted.mp4: its video is encrypted (encv)");
});

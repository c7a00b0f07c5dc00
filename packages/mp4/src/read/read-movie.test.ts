import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { deflateSync } from "node:zlib";
import {
  counted,
  demuxedPackets,
  ffmpeg,
  makeRecording,
  memorySource,
  type Scratch,
  scratchFolder,
} from "@camclips/testing/mp4/fixtures";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ByteSource } from "../io/byte-source.ts";
import { fileSource } from "../io/file-source.ts";
import { box } from "../write/write-boxes.ts";
import { firstTrack, presentationSeconds, presentedRange } from "./movie.ts";
import { readMovie } from "./read-movie.ts";

let scratch: Scratch;
const path = (name: string) => scratch.path(`${name}.mp4`);

const REMUXES: Record<string, string[]> = {
  first: ["-movflags", "+faststart"],
  fragmented: ["-movflags", "frag_keyframe+empty_moov+default_base_moof"],
  sidx: ["-movflags", "frag_keyframe+empty_moov+default_base_moof+global_sidx"],
  "first fragment in moov": ["-movflags", "frag_keyframe"],
  "negative offsets": ["-movflags", "+negative_cts_offsets"],
};

beforeAll(async () => {
  scratch = await scratchFolder();
  await makeRecording(path("last"));
  for (const [name, flags] of Object.entries(REMUXES))
    await ffmpeg("-i", path("last"), "-c", "copy", ...flags, path(name));
  await ffmpeg("-itsoffset", "0.48", "-i", path("last"), "-c", "copy", path("delayed"));
  await ffmpeg("-display_rotation", "90", "-i", path("last"), "-c", "copy", "-aspect", "4:3", path("turned")).catch(
    () => ffmpeg("-i", path("last"), "-c", "copy", "-metadata:s:v", "rotate=90", "-aspect", "4:3", path("turned")),
  );
});
afterAll(() => scratch[Symbol.asyncDispose]());

async function videoOf(name: string) {
  await using source = await fileSource(path(name));
  const video = firstTrack(await readMovie(source), "vide");
  if (!video) throw new Error("no video track");
  return video;
}

describe("readMovie", () => {
  it.each(["last", "delayed", ...Object.keys(REMUXES)])("sees the samples that ffmpeg sees: moov %s", async (name) => {
    const video = await videoOf(name);
    const packets = await demuxedPackets(path(name));
    const file = await readFile(path(name));
    expect(video.samples.count).toBe(packets.length);
    packets.forEach((packet, i) => {
      expect(presentationSeconds(video, i)).toBeCloseTo(packet.pts, 5);
      const [offset = 0, size = 0] = [video.samples.offset[i], video.samples.size[i]];
      const hash = createHash("md5").update(file.subarray(offset, offset + size));
      expect([size, hash.digest("hex")]).toEqual([packet.size, packet.hash]);
    });
  });

  it("tells how much video there is from the samples, edit list applied", async () => {
    expect(presentedRange(await videoOf("delayed"))).toEqual({ startSeconds: 0.48, endSeconds: 4.48 });
  });

  it("finds an index behind hundreds of boxes, without reading what lies between", async () => {
    const bytes = await readFile(path("last"));
    const moovAt = bytes.lastIndexOf("moov") - 4;
    const box = Buffer.alloc(5000);
    box.writeUInt32BE(box.length);
    box.write("mdat", 4);
    const many = Buffer.concat([bytes.subarray(0, moovAt), ...Array(700).fill(box), bytes.subarray(moovAt)]);
    const reads: number[] = [];
    const source = memorySource(many);
    const read: ByteSource["read"] = (start, end) => {
      reads.push(end - start);
      return source.read(start, end);
    };
    const movie = await readMovie({ ...source, read });
    expect(firstTrack(movie, "vide")?.samples.count).toBe(100);
    expect(Math.max(...reads)).toBeLessThan(600_000);
    expect(reads.reduce((sum, length) => sum + length, 0)).toBeLessThan(many.length / 2);
  });

  it("finds an index behind thousands of small boxes, in few reads", async () => {
    const bytes = await readFile(path("last"));
    const moovAt = bytes.lastIndexOf("moov") - 4;
    const small = Array(5000).fill(box("mdat", Buffer.alloc(1000)));
    const source = counted(memorySource(Buffer.concat([bytes.subarray(0, moovAt), ...small, bytes.subarray(moovAt)])));
    expect(firstTrack(await readMovie(source), "vide")?.samples.count).toBe(100);
    expect(source.traffic.reads.length).toBeLessThan(20);
  });

  it("reads an index that QuickTime has compressed", async () => {
    const bytes = await readFile(path("last"));
    const moovAt = bytes.lastIndexOf("moov") - 4;
    const moov = bytes.subarray(moovAt, moovAt + bytes.readUInt32BE(moovAt));
    const data = Buffer.concat([Buffer.alloc(4), deflateSync(moov)]);
    const cmov = [box("dcom", Buffer.from("zlib")), box("cmvd", data)];
    const packed = Buffer.concat([bytes.subarray(0, moovAt), box("moov", box("cmov", ...cmov))]);
    const movie = await readMovie(memorySource(packed));
    expect(movie).toEqual(await readMovie(memorySource(bytes)));
    packed.writeUInt32BE(0x12345678, packed.length - 40);
    await expect(readMovie(memorySource(packed))).rejects.toThrow("cmov box cannot be uncompressed");
  });

  it("reads codec parameters, sample aspect and rotation", async () => {
    const turned = await videoOf("turned");
    const { video } = turned.descriptions[0] ?? {};
    expect(video).toMatchObject({
      width: 160,
      height: 90,
      sampleAspect: [3, 4],
      avc: { profile: 100, nalLengthSize: 4 },
    });
    expect(video?.avc?.sps).toHaveLength(1);
    expect([90, 270]).toContain(turned.rotation);
  });
});

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
import { firstTrack, presentedRange } from "./read/movie.ts";
import { readMovie } from "./read/read-movie.ts";
import { sliceRecording } from "./slice/slice-recording.ts";

let scratch: Scratch;
let plain: Buffer;
let fragmented: Buffer;

beforeAll(async () => {
  scratch = await scratchFolder();
  plain = await readFile(await makeRecording(scratch.path("a.mp4")));
  const flags = ["-movflags", "frag_keyframe+empty_moov+default_base_moof+global_sidx"];
  await ffmpeg("-i", scratch.path("a.mp4"), "-c", "copy", ...flags, scratch.path("f.mp4"));
  fragmented = await readFile(scratch.path("f.mp4"));
});
afterAll(() => scratch[Symbol.asyncDispose]());

const CONTAINERS = ["moov", "trak", "mdia", "edts", "moof", "traf"];
const ONES = Buffer.alloc(8, 255);
const ones = (length: number) => Buffer.alloc(length, 255);

/** Rewrites boxes wherever they stand. Only where nothing behind moov is addressed by its place may sizes change. */
function rebuilt(bytes: Buffer, change: (type: string, body: Buffer, path: string) => Buffer, path = ""): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const size = bytes.readUInt32BE(at);
    const type = bytes.toString("latin1", at + 4, at + 8);
    const body = bytes.subarray(at + 8, at + size);
    const inner = CONTAINERS.includes(type) ? rebuilt(body, change, `${path}/${type}`) : change(type, body, path);
    const head = Buffer.alloc(8);
    head.writeUInt32BE(inner.length + 8);
    head.write(type, 4, "latin1");
    parts.push(head, inner);
    at += size;
  }
  return Buffer.concat(parts);
}

/** Version 1 of mdhd, mvhd and tkhd with "unknown" for duration. */
function longForm(type: string, body: Buffer): Buffer {
  const times = Buffer.alloc(16);
  times.writeUInt32BE(body.readUInt32BE(4), 4);
  times.writeUInt32BE(body.readUInt32BE(8), 12);
  const version = Buffer.from([1, 0, 0, type === "tkhd" ? 3 : 0]);
  if (type === "tkhd") return Buffer.concat([version, times, body.subarray(12, 20), ONES, body.subarray(24)]);
  return Buffer.concat([version, times, body.subarray(12, 16), ONES, body.subarray(20)]);
}

async function framesOf(bytes: Buffer) {
  const slice = await sliceRecording(memorySource(bytes), "a.mp4", { fromSeconds: 1.5, toSeconds: 3 });
  const path = scratch.path("slice.mp4");
  await writeFile(path, Buffer.concat(await Array.fromAsync(slice.chunks())));
  return { method: slice.method, zero: slice.zeroSeconds, frames: await shownFrames(path) };
}

describe("a value that nobody needs", () => {
  it.each(["mvhd", "mdhd", "tkhd"])(
    "is no reason to refuse a recording: a duration of all ones in %s",
    async (wanted) => {
      const odd = rebuilt(fragmented, (type, body) => (type === wanted ? longForm(type, body) : body));
      expect(await framesOf(odd)).toEqual(await framesOf(fragmented));
    },
  );

  it("is no reason to refuse a recording: a creation time of all ones", async () => {
    const odd = rebuilt(plain, (type, body) => {
      return type === "mvhd" ? Buffer.concat([body.subarray(0, 4), ones(8), body.subarray(12)]) : body;
    });
    const movie = await readMovie(memorySource(odd));
    expect(movie.creationTimeMs).toBeUndefined();
    expect(await framesOf(odd)).toEqual(await framesOf(plain));
  });

  it("is no reason to cut an edit: one of unknown length shows the media to its end", async () => {
    const odd = rebuilt(plain, (type, body) => {
      return type === "elst" ? Buffer.concat([body.subarray(0, 8), ones(4), body.subarray(12)]) : body;
    });
    const [video, usual] = [await readMovie(memorySource(odd)), await readMovie(memorySource(plain))].map((movie) => {
      const track = firstTrack(movie, "vide");
      return track && presentedRange(track);
    });
    expect(video).toEqual(usual);
    expect(await framesOf(odd)).toEqual(await framesOf(plain));
  });

  it("is no reason to refuse a recording: an index of fragments that is broken", async () => {
    const odd = rebuilt(fragmented, (type, body) => {
      return type === "sidx"
        ? Buffer.concat([Buffer.from([1]), body.subarray(1, 12), ones(8), body.subarray(20)])
        : body;
    });
    expect((await framesOf(odd)).frames).toEqual((await framesOf(fragmented)).frames);
  });
});

describe("the decode time of a fragment", () => {
  const shifted = (tracks: readonly number[], seconds: number) => {
    let track = 0;
    return rebuilt(fragmented, (type, body) => {
      if (type === "tfhd") track = body.readUInt32BE(4);
      if (type !== "tfdt" || !tracks.includes(track)) return body;
      const copy = Buffer.from(body);
      const scale = track === 1 ? 12_800 : 44_100;
      copy.writeBigInt64BE(copy.readBigInt64BE(4) + BigInt(Math.round(seconds * scale)), 4);
      return copy;
    });
  };

  it("may lie below 0 for audio alone, which starts with priming", async () => {
    const odd = shifted([2], -1024 / 44_100);
    expect(await framesOf(odd)).toEqual(await framesOf(fragmented));
  });

  it("may lie below 0 for all tracks", async () => {
    const movie = await readMovie(memorySource(shifted([1, 2], -1)));
    const video = firstTrack(movie, "vide");
    const usual = firstTrack(await readMovie(memorySource(fragmented)), "vide");
    const [start, usualStart] = [video, usual].map((track) => track && presentedRange(track)?.startSeconds);
    expect(start).toBeCloseTo((usualStart ?? 0) - 1, 6);
  });
});

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
import { presentedRange, presentedSeconds } from "../read/movie.ts";
import { readMovie } from "../read/read-movie.ts";
import { sliceRecording } from "../slice/slice-recording.ts";

let scratch: Scratch;
/** ftyp and moov, and a fragment a second. */
let head: Buffer;
let fragments: Buffer[];

beforeAll(async () => {
  scratch = await scratchFolder();
  await makeRecording(scratch.path("a.mp4"), { audio: false });
  const flags = "frag_keyframe+empty_moov+default_base_moof+skip_trailer";
  await ffmpeg("-i", scratch.path("a.mp4"), "-c", "copy", "-movflags", flags, scratch.path("f.mp4"));
  const file = await readFile(scratch.path("f.mp4"));
  const starts = [...file.toString("latin1").matchAll(/moof/g)].map(({ index }) => index - 4);
  head = file.subarray(0, starts[0]);
  fragments = starts.map((start, i) => file.subarray(start, starts[i + 1]));
});
afterAll(() => scratch[Symbol.asyncDispose]());

/** The file with other decode times; they have 32 bits. */
function timed(timeOf: (own: bigint) => bigint): Buffer {
  const copies = fragments.map((fragment) => {
    const copy = Buffer.from(fragment);
    const at = copy.indexOf("tfdt");
    const own = copy.readBigUInt64BE(at + 8);
    const short = Buffer.concat([copy.subarray(0, at - 4), Buffer.from([0, 0, 0, 16]), copy.subarray(at, at + 4)]);
    const time = Buffer.alloc(8);
    time.writeUInt32BE(Number(BigInt.asUintN(32, timeOf(own))), 4);
    return shortened(Buffer.concat([short, time, copy.subarray(at + 16)]));
  });
  return Buffer.concat([head, ...copies]);
}

/** Puts the sizes right of a moof that lost four bytes, and where its data lies. */
function shortened(fragment: Buffer): Buffer {
  for (const type of ["moof", "traf"]) {
    const at = fragment.indexOf(type) - 4;
    fragment.writeUInt32BE(fragment.readUInt32BE(at) - 4, at);
  }
  const run = fragment.indexOf("trun") + 12;
  fragment.writeInt32BE(fragment.readInt32BE(run) - 4, run);
  return fragment;
}

async function shown(file: Buffer, fromSeconds = 0.5, toSeconds = 3.5): Promise<string[]> {
  const slice = await sliceRecording(memorySource(file), "a.mp4", { fromSeconds, toSeconds });
  const path = scratch.path("slice.mp4");
  await writeFile(path, Buffer.concat(await Array.fromAsync(slice.chunks())));
  return (await shownFrames(path)).map(({ hash }) => hash);
}

describe("a fragmented recording shows the same frames", () => {
  it("where its decode times begin again at 2^32", async () => {
    const start = 2 ** 32 - 25_600;
    const first = start / 12_800;
    const frames = await shown(
      timed((own) => own + BigInt(start)),
      first + 0.5,
      first + 3.5,
    );
    expect(frames).toEqual(await shown(Buffer.concat([head, ...fragments])));
  });

  it("where its decode times begin again at 2^32, and its index goes on", async () => {
    const start = 2 ** 32 - 25_600;
    const first = start / 12_800;
    const file = timed((own) => own + BigInt(start));
    const index = Buffer.alloc(40 + 12 * fragments.length);
    index.write("sidx", 4);
    index.writeUInt32BE(index.length, 0);
    index.writeUInt8(1, 8);
    for (const [at, value] of [
      [12, 1],
      [16, 12_800],
      [24, start],
    ] as const)
      index.writeUInt32BE(value, at);
    index.writeUInt16BE(fragments.length, 38);
    for (const [i, { length }] of fragments.entries()) {
      index.writeUInt32BE(length - 4, 40 + 12 * i);
      index.writeUInt32BE(12_800, 44 + 12 * i);
    }
    const indexed = Buffer.concat([head, index, file.subarray(head.length)]);
    const last = await shown(indexed, first + 3.2, first + 3.8);
    expect(last.length).toBeGreaterThan(10);
    expect(last).toEqual(await shown(Buffer.concat([head, ...fragments]), 3.2, 3.8));
  });

  it("where all fragments say that they are the first", async () => {
    expect(await shown(timed(() => 0n))).toEqual(await shown(Buffer.concat([head, ...fragments])));
  });

  it("where a fragment is there twice, or late", async () => {
    const [a, b, c, d] = fragments as [Buffer, Buffer, Buffer, Buffer];
    const usual = await shown(Buffer.concat([head, ...fragments]));
    expect(await shown(Buffer.concat([head, a, b, b, c, d]))).toEqual(usual);
    expect(await shown(Buffer.concat([head, a, c, b, d]))).toEqual(usual);
  });

  it("where its times begin again in the middle", async () => {
    const halves = timed((own) => (own < 25_600n ? own : own - 25_600n));
    expect(await shown(halves)).toEqual(await shown(Buffer.concat([head, ...fragments])));
  });
});

it("shows frames that are told to last no time when they are due between those that say when they are", async () => {
  const copies = fragments.map((fragment) => {
    const copy = Buffer.from(fragment);
    const duration = copy.indexOf("tfhd") + 12;
    expect(copy.readUInt32BE(duration)).toBe(512);
    copy.writeUInt32BE(0, duration);
    return copy;
  });
  const timesOf = async (parts: Buffer[]) => {
    const [video] = (await readMovie(memorySource(Buffer.concat([head, ...parts])))).tracks;
    return video && [presentedSeconds(video), presentedRange(video)];
  };
  expect(await timesOf(copies)).toEqual(await timesOf(fragments));
});

describe("behind bytes that are no boxes, a fragmented recording goes on", () => {
  const usual = () => Buffer.concat([head, ...fragments]);

  it.each<[string, () => Buffer]>([
    [
      "zeros between two fragments",
      () => Buffer.concat([head, ...fragments.slice(0, 2), Buffer.alloc(5000), ...fragments.slice(2)]),
    ],
    [
      "a few bytes of something",
      () => Buffer.concat([head, ...fragments.slice(0, 2), Buffer.from("7f"), ...fragments.slice(2)]),
    ],
    ["zeros before all fragments", () => Buffer.concat([head, Buffer.alloc(5000), ...fragments])],
  ])("with every frame: %s", async (_, damaged) => {
    expect(await shown(damaged())).toEqual(await shown(usual()));
  });

  it.each<[string, () => Buffer]>([
    [
      "a fragment that was zeroed",
      () => Buffer.concat([head, ...fragments.map((own, i) => (i === 1 ? Buffer.alloc(own.length) : own))]),
    ],
    [
      "a fragment whose header was zeroed",
      () =>
        Buffer.concat([
          head,
          ...fragments.map((own, i) => (i === 1 ? Buffer.concat([Buffer.alloc(8), own.subarray(8)]) : own)),
        ]),
    ],
    [
      "bytes that are missing at a fragment's end",
      () => Buffer.concat([head, ...fragments.map((own, i) => (i === 1 ? own.subarray(0, -400) : own))]),
    ],
  ])("in its own time: %s", async (_, damaged) => {
    const slice = await sliceRecording(memorySource(damaged()), "a.mp4", { fromSeconds: 2.5, toSeconds: 3.5 });
    expect(slice.media?.endSeconds).toBeCloseTo(4.08, 3);
    expect(await shown(damaged(), 2.5, 3.5)).toEqual(await shown(usual(), 2.5, 3.5));
  });

  it("ends where those behind them do not say when they are", async () => {
    const never = timed(() => 0n);
    const second = [...never.toString("latin1").matchAll(/moof/g)][1]?.index ?? 0;
    const damaged = Buffer.concat([never.subarray(0, second - 4), Buffer.alloc(5000), never.subarray(second - 4)]);
    const slice = await sliceRecording(memorySource(damaged), "a.mp4", { fromSeconds: 0.2, toSeconds: 0.8 });
    expect(slice.media?.endSeconds).toBeCloseTo(1.08, 3);
  });
});

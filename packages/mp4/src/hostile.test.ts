import { readFile } from "node:fs/promises";
import { ffmpeg, makeRecording, memorySource, type Scratch, scratchFolder } from "@camclips/testing/mp4/fixtures";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CorruptSourceError, OutsideMediaError } from "./errors.ts";
import type { ByteSource } from "./io/byte-source.ts";
import { presentationSeconds, presentedSeconds } from "./read/movie.ts";
import { readMovie } from "./read/read-movie.ts";
import { sliceRecording } from "./slice/slice-recording.ts";
import { ascii, box, fullBox, u32, u64 } from "./write/write-boxes.ts";

let scratch: Scratch;
let plain: Buffer;
let movLast: Buffer;
let fragmented: Buffer;
let audioOnly: Buffer;
let matroska: Buffer;

beforeAll(async () => {
  scratch = await scratchFolder();
  const make = async (name: string, ...args: string[]) => {
    await ffmpeg("-i", scratch.path("a.mp4"), "-c", "copy", ...args, scratch.path(name));
    return readFile(scratch.path(name));
  };
  movLast = await readFile(await makeRecording(scratch.path("a.mp4"), { seconds: 2 }));
  plain = await make("plain.mp4", "-movflags", "+faststart");
  fragmented = await make("fragmented.mp4", "-movflags", "frag_keyframe+empty_moov+default_base_moof");
  audioOnly = await make("audio.mp4", "-vn");
  matroska = await make("a.mkv");
});
afterAll(() => scratch[Symbol.asyncDispose]());

async function outcome(bytes: Uint8Array | ByteSource, fromSeconds = 0.5, toSeconds = 1.5): Promise<string> {
  const source = "size" in bytes ? bytes : memorySource(bytes);
  try {
    const slice = await sliceRecording(source, "camera/a.mp4", { fromSeconds, toSeconds });
    let length = 0;
    for await (const chunk of slice.chunks()) length += chunk.length;
    return length === slice.bytes ? `${slice.method}${slice.why ? `: ${slice.why}` : ""}` : "wrong length";
  } catch (error) {
    if (error instanceof CorruptSourceError || error instanceof OutsideMediaError) return error.message;
    throw error;
  }
}

const changed = (bytes: Buffer, change: (copy: Buffer) => void): Buffer => {
  const copy = Buffer.from(bytes);
  change(copy);
  return copy;
};
const afterType = (bytes: Buffer, type: string) => bytes.indexOf(type) + 4;

describe("a recording that cannot be used", () => {
  it("is named in the error, with what was found", async () => {
    expect(await outcome(new Uint8Array())).toBe("camera/a.mp4: the file is empty");
    expect(await outcome(Buffer.from("<html><body>Not found</body></html>"))).toContain(
      'not a video: starts with "<html>',
    );
    expect(await outcome(movLast.subarray(0, 30_000))).toMatch(
      /truncated: no index \(moov box\), mdat box runs to byte \d+/,
    );
    expect(await outcome(plain.subarray(0, 900))).toMatch(/truncated: moov box runs to byte/);
    expect(await outcome(plain.subarray(0, plain.length * 0.6), 1.5, 2)).toMatch(
      /truncated: a needed sample ends at byte/,
    );
    expect(await outcome(audioOnly)).toContain("audio only");
    expect(await outcome(fragmented.subarray(0, 1500))).toContain("truncated: no video follows");
    expect(await outcome(Buffer.alloc(100_000, 7))).toContain("not a video");
    expect(await outcome(box("ftyp", ascii("isom"), u32(0)))).toContain("no index (moov box)");
  });

  it("may be cut off behind what is needed", async () => {
    expect(await outcome(plain.subarray(0, plain.length - 2000), 0, 0.5)).toBe("sliced");
    const cut = fragmented.subarray(0, fragmented.length * 0.8);
    expect(await outcome(cut, 0, 0.5)).toBe("sliced");
  });

  it.each([0.6, 0.7, 0.98])(
    "that is cut off within the range gives what is there: at %f of the file",
    async (share) => {
      const whole = await readMovie(memorySource(plain));
      const [video] = whole.tracks;
      if (!video) throw new Error("no video");
      const size = Math.floor(plain.length * share);
      const isThere = (i: number) => (video.samples.offset[i] ?? 0) + (video.samples.size[i] ?? 0) <= size;
      const all = Array.from({ length: video.samples.count }, (_, i) => i);
      const missing = Math.min(...all.filter((i) => !isThere(i)).map((i) => presentationSeconds(video, i)));
      const slice = await sliceRecording(memorySource(plain.subarray(0, size)), "a", {
        fromSeconds: 0.5,
        toSeconds: 2,
      });
      expect(slice.cutOffSeconds).toBe(missing);
      const staged = await readMovie(memorySource(Buffer.concat(await Array.fromAsync(slice.chunks()))));
      const [kept, audio] = staged.tracks;
      if (!kept) throw new Error("no video");
      const due = presentedSeconds(video).filter((seconds) => seconds < missing);
      expect(presentedSeconds(kept)).toHaveLength(due.length);
      expect(audio?.handler).toBe("soun");
    },
  );
});

describe("a recording that this folder does not take apart", () => {
  it("is copied whole, and says why", async () => {
    expect(await outcome(matroska)).toBe("copied: the recording is copied whole: it is Matroska or WebM, not MP4");
    const large = { ...memorySource(plain), size: 200 * 2 ** 20 };
    const head = Buffer.concat([
      box("ftyp", ascii("isom"), u32(0)),
      u32(100 * 2 ** 20),
      ascii("moov"),
      Buffer.alloc(70_000),
    ]);
    const source = { ...large, read: async (start: number, end: number) => head.subarray(start, end) };
    const slice = await sliceRecording(source, "a", { fromSeconds: 0, toSeconds: 1 });
    expect([slice.method, slice.why]).toEqual([
      "copied",
      expect.stringContaining("index (moov box) has 104857600 bytes"),
    ]);
  });

  it.each([
    ["at twice the speed", 0x2_0000],
    ["held", 0],
  ])("is refused when its edit list plays parts of it slower or faster: %s", async (_, rate) => {
    const elst = box("edts", fullBox("elst", 0, 0, u32(1, 2000, 0, rate)));
    expect(await outcome(replaceBox(movLast, "edts", elst))).toContain("plays parts of it slower or faster");
  });

  it("is taken for one at normal speed when that is rounded", async () => {
    const elst = box("edts", fullBox("elst", 0, 0, u32(1, 2000, 0, 0x1_0001)));
    expect(await outcome(replaceBox(movLast, "edts", elst))).not.toContain("plays parts");
  });

  it("is copied when its edit list joins several parts", async () => {
    const entries = [u32(500, 0, 0x10000), u32(500, 90_000, 0x10000)];
    const elst = box("edts", fullBox("elst", 0, 0, u32(2), ...entries));
    const spliced = replaceBox(movLast, "edts", elst);
    expect(await outcome(spliced)).toContain("edit list joins several parts");
  });
});

/** Replaces the first box of a type inside moov/trak, and the boxes below it, of a file whose moov comes last. */
function replaceBox(file: Buffer, type: string, replacement: Uint8Array, below: readonly string[] = []): Buffer {
  const at = file.indexOf(type, file.lastIndexOf("moov")) - 4;
  const grown = replacement.length - file.readUInt32BE(at);
  const result = Buffer.concat([file.subarray(0, at), replacement, file.subarray(at + file.readUInt32BE(at))]);
  for (const parent of ["moov", "trak", ...below]) {
    const start = file.indexOf(parent, file.lastIndexOf("moov")) - 4;
    result.writeUInt32BE(file.readUInt32BE(start) + grown, start);
  }
  return result;
}

describe("numbers in the file are not trusted", () => {
  const bad: [string, string, (copy: Buffer, at: number) => void][] = [
    ["a count beyond its box", "stts", (copy, at) => copy.writeUInt32BE(0xffffffff, at + 4)],
    ["fewer times than samples", "stts", (copy, at) => copy.writeUInt32BE(1, at + 8)],
    ["a sync sample that does not exist", "stss", (copy, at) => copy.writeUInt32BE(0xfffffff0, at + 8)],
    ["fixed sample size without a table", "stsz", (copy, at) => copy.writeBigUInt64BE(0x0000_0001_ffff_ffffn, at + 4)],
    ["huge sample sizes", "stsz", (copy, at) => copy.writeUInt32BE(0xfffffff0, at + 12)],
    ["offsets beyond the file", "stco", (copy, at) => copy.writeUInt32BE(0xfffffff0, at + 8)],
    ["no chunks at all", "stsc", (copy, at) => copy.writeUInt32BE(0, at + 4)],
    ["a sample description that does not exist", "stsc", (copy, at) => copy.writeUInt32BE(77, at + 16)],
    ["timescale 0", "mdhd", (copy, at) => copy.writeUInt32BE(0, at + 12)],
    ["a box of size 4", "stbl", (copy, at) => copy.writeUInt32BE(4, at)],
    ["a box larger than its parent", "stsd", (copy, at) => copy.writeUInt32BE(0x7fffffff, at - 8)],
    ["an avcC that ends early", "avcC", (copy, at) => copy.writeUInt8(0xff, at + 5)],
  ];
  it.each(bad)("%s", async (_, type, change) => {
    const bytes = changed(plain, (copy) => change(copy, afterType(copy, type)));
    expect(await outcome(bytes)).toMatch(/camera\/a.mp4: |^copied|^sliced/);
  });

  it("an impossible 64-bit box size", async () => {
    const file = Buffer.concat([box("ftyp", ascii("isom")), u32(1), ascii("mdat"), u64(2 ** 60), Buffer.alloc(99)]);
    expect(await outcome(file)).toMatch(/impossible 64-bit value/);
  });

  it("a run of four thousand million empty samples in a fragment", async () => {
    const run = changed(fragmented, (copy) => {
      const at = afterType(copy, "trun");
      copy.writeUInt32BE(1, at);
      copy.writeUInt32BE(0xffffffff, at + 4);
    });
    expect(await outcome(run)).toMatch(/fragments hold too many samples|truncated|^copied/);
  });

  it("two hundred thousand small boxes", async () => {
    const free = Buffer.concat(Array.from({ length: 200_000 }, () => box("free")));
    expect(await outcome(Buffer.concat([box("ftyp", ascii("isom"), u32(0)), free]))).toContain("no index");
  });
});

describe("what would be walked for hours is not", () => {
  it("a hundred thousand empty fragments behind the last one", async () => {
    const empty = Buffer.concat(Array.from({ length: 100_000 }, () => box("moof")));
    expect(await outcome(Buffer.concat([fragmented, empty]))).toContain("too many movie fragments");
  });

  it("runs of chunks that go back and forth, and hold no sample", async () => {
    const [chunks, runs] = [100_000, 10_000];
    const entries = Array.from({ length: runs }, (_, i) => u32(i % 2 === 0 ? 1 : chunks + 1, 0, 1));
    const stbl = ["minf", "stbl"];
    const placed = replaceBox(movLast, "stsc", fullBox("stsc", 0, 0, u32(runs), ...entries), ["mdia", ...stbl]);
    const many = fullBox("stco", 0, 0, u32(chunks), Buffer.alloc(4 * chunks));
    expect(await outcome(replaceBox(placed, "stco", many, ["mdia", ...stbl]))).toContain("chunks out of order");
  });
});

describe("what nobody needs condemns no file", () => {
  const stsd = ["mdia", "minf", "stbl", "stsd"];

  it("bytes behind the boxes of a video's sample entry", async () => {
    const at = movLast.indexOf("avc1", movLast.lastIndexOf("moov")) - 4;
    const entry = movLast.subarray(at, at + movLast.readUInt32BE(at));
    const longer = Buffer.concat([u32(entry.length + 12), entry.subarray(4), Buffer.alloc(12, 0xff)]);
    expect(await outcome(replaceBox(movLast, "avc1", longer, stsd))).toBe("sliced");
  });

  it("a second video track without a description", async () => {
    const moov = movLast.lastIndexOf("moov") - 4;
    const at = movLast.indexOf("trak", moov) - 4;
    const trak = Buffer.from(movLast.subarray(at, at + movLast.readUInt32BE(at)));
    trak.writeUInt32BE(0, trak.indexOf("stsd") + 8);
    const grown = changed(Buffer.concat([movLast, trak]), (copy) => {
      copy.writeUInt32BE(copy.readUInt32BE(moov) + trak.length, moov);
    });
    expect(await outcome(grown)).toBe("sliced");
  });
});

describe("an audio track that is broken", () => {
  const damages: [string, string, (copy: Buffer, at: number) => void][] = [
    ["times no sample", "stts", (copy, at) => copy.writeUInt32BE(0, at + 4)],
    ["has a decoder configuration larger than its box", "esds", (copy, at) => copy.writeUInt32BE(0x7fffff, at - 8)],
    ["has timescale 0", "mdhd", (copy, at) => copy.writeUInt32BE(0, at + 12)],
  ];
  it.each(damages)("is left out, and the video kept: it %s", async (_, type, change) => {
    // The index of a fragmented recording times no samples.
    for (const file of type === "stts" ? [plain] : [plain, fragmented]) {
      const audioTrack = file.lastIndexOf("trak");
      const bytes = changed(file, (copy) => change(copy, copy.indexOf(type, audioTrack) + 4));
      const slice = await sliceRecording(memorySource(bytes), "a", { fromSeconds: 0.5, toSeconds: 1.5 });
      const staged = await readMovie(memorySource(Buffer.concat(await Array.fromAsync(slice.chunks()))));
      expect(staged.tracks.map(({ handler }) => handler)).toEqual(["vide"]);
    }
  });
});

describe("any damage", () => {
  it("ends in a slice of the announced size, a copy or a clear error", { timeout: 60_000 }, async () => {
    const damage = fc.record({
      file: fc.constantFrom("plain", "last", "fragmented"),
      cut: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
      bytes: fc.array(fc.tuple(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.nat(255)), {
        maxLength: 12,
      }),
      nearIndex: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(damage, async ({ file, cut, bytes, nearIndex }) => {
        const original = { plain, last: movLast, fragmented }[file] ?? plain;
        const moov = original.lastIndexOf("moov");
        const end = nearIndex && moov > 0 ? Math.min(original.length, moov + 4000) : original.length;
        const start = nearIndex ? Math.max(0, moov - 8) : 0;
        const copy = changed(original, (target) => {
          for (const [where, value] of bytes) target[start + Math.floor(where * (end - start))] = value;
        });
        const kept = cut === null ? copy : copy.subarray(0, Math.floor(cut * copy.length));
        expect(await outcome(kept)).toMatch(/^camera\/a.mp4: |^sliced$|^copied: /);
      }),
      { numRuns: 2000 },
    );
  });
});

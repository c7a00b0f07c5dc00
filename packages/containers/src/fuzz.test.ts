import { readFile } from "node:fs/promises";
import { CorruptSourceError, OutsideMediaError } from "@camclips/mp4";
import {
  counted,
  ffmpeg,
  makeRecording,
  memorySource,
  type Scratch,
  scratchFolder,
} from "@camclips/testing/mp4/fixtures";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sliceRecording } from "./index.ts";

/** FUZZ_RUNS=<n> files; FUZZ_SEED repeats a run. */
const { FUZZ_RUNS = "300", FUZZ_SEED = "1" } = process.env;
const SLOWEST_MS = 500;
const MOST_REQUESTS = 100;
const MOST_BUFFER_BYTES = 400 * 2 ** 20;

const MUXERS: Record<string, string[]> = {
  "MPEG-TS": ["-f", "mpegts"],
  M2TS: ["-f", "mpegts", "-mpegts_m2ts_mode", "1"],
  Matroska: ["-f", "matroska"],
  "Matroska sent live": ["-f", "matroska", "-live", "1"],
};

let scratch: Scratch;
const files = new Map<string, Buffer>();

beforeAll(async () => {
  scratch = await scratchFolder();
  const source = await makeRecording(scratch.path("a.mp4"), { seconds: 6 });
  for (const [name, output] of Object.entries(MUXERS)) {
    await ffmpeg("-i", source, "-c", "copy", ...output, scratch.path(name));
    files.set(name, await readFile(scratch.path(name)));
  }
});
afterAll(() => scratch[Symbol.asyncDispose]());

/** Where things are, most of them near the file's begin and end, as parts of its length. */
const place = fc.oneof(
  fc.nat(1000).map((at) => at / 1e6),
  fc.nat(1e6).map((at) => at / 1e6),
  fc.constant(0.999),
);
const change = fc.oneof(
  { weight: 3, arbitrary: fc.record({ at: place, bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }) }) },
  fc.record({ at: place, without: fc.integer({ min: 1, max: 5000 }) }),
  fc.record({ at: place, twice: fc.integer({ min: 1, max: 50_000 }) }),
  fc.record({ at: place, upTo: fc.constant(true) }),
);
type Change = { at: number; bytes?: Uint8Array; without?: number; twice?: number; upTo?: boolean };

function changed(file: Buffer, { at: part, bytes, without = 0, twice = 0, upTo }: Change): Buffer {
  const at = Math.floor(part * file.length);
  if (bytes) return Buffer.concat([file.subarray(0, at), bytes, file.subarray(at + bytes.length)]);
  if (upTo) return file.subarray(0, at);
  return Buffer.concat([file.subarray(0, at + twice), file.subarray(at + without)]);
}

describe("a file of another container that lies", () => {
  it("is sliced, copied or refused with a reason, in bounded time, memory and requests", {
    timeout: 900_000,
  }, async () => {
    const seen = { sliced: 0, copied: 0, refused: 0 };
    const drawn = fc.tuple(fc.constantFrom(...Object.keys(MUXERS)), fc.array(change, { minLength: 1, maxLength: 4 }));
    await fc.assert(
      fc.asyncProperty(drawn, async ([name, changes]) => {
        const bytes = changes.reduce(
          (file: Buffer, one: Change) => changed(file, one),
          files.get(name) ?? Buffer.alloc(0),
        );
        const source = counted(memorySource(bytes));
        const bufferBytes = process.memoryUsage().arrayBuffers;
        const before = process.threadCpuUsage();
        seen[await outcome(source)] += 1;
        const tookMs = process.threadCpuUsage(before).user / 1000;
        if (tookMs > SLOWEST_MS) throw new Error(`it took ${tookMs.toFixed(0)} ms`);
        const { reads, streams } = source.traffic;
        if (reads.length + streams.length > MOST_REQUESTS) throw new Error(`it took ${reads.length} requests`);
        if (process.memoryUsage().arrayBuffers - bufferBytes > MOST_BUFFER_BYTES)
          throw new Error("it took too much memory");
      }),
      { numRuns: Number(FUZZ_RUNS), seed: Number(FUZZ_SEED), endOnFailure: true },
    );
    expect(Math.min(seen.sliced, seen.copied, seen.refused), JSON.stringify(seen)).toBeGreaterThan(
      Number(FUZZ_RUNS) / 50,
    );
  });

  it.each([
    [
      "elements without content",
      Buffer.concat([Buffer.from("1a45dfa380185380670100000000000000", "hex"), Buffer.alloc(8e6, "ec80", "hex")]),
    ],
    ["a segment of clusters without blocks", Buffer.alloc(8e6, "1a45dfa3801853806701ffffffffffffff1f43b675ff", "hex")],
    [
      "packets of nothing",
      Buffer.alloc(188 * 50_000, Buffer.concat([Buffer.from("471fff10", "hex"), Buffer.alloc(184)])),
    ],
    ["sync bytes only", Buffer.alloc(8e6, 0x47)],
  ])("is given up soon: %s", { timeout: 30_000 }, async (_, bytes) => {
    expect(await outcome(counted(memorySource(bytes)))).toBe("copied");
  });
});

async function outcome(source: ReturnType<typeof counted>): Promise<"sliced" | "copied" | "refused"> {
  try {
    const slice = await sliceRecording(source, "camera/a.ts", { fromSeconds: 2.5, toSeconds: 3.5 });
    const staged = Buffer.concat(await Array.fromAsync(slice.chunks()));
    if (staged.length !== slice.bytes) throw new Error(`${slice.bytes} bytes were announced, ${staged.length} came`);
    if (slice.method === "copied" && !slice.why) throw new Error("copied, and nobody says why");
    return slice.method;
  } catch (error) {
    const isReason = error instanceof CorruptSourceError || error instanceof OutsideMediaError;
    if (!isReason || !error.message.startsWith("camera/a.ts: ")) throw error;
    return "refused";
  }
}

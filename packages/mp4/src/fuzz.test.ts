import { readFile } from "node:fs/promises";
import {
  counted,
  ffmpeg,
  makeRecording,
  memorySource,
  type Scratch,
  scratchFolder,
} from "@camclips/testing/mp4/fixtures";
import { mutated, mutation, targetsOf } from "@camclips/testing/mp4/mutate-bytes";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CorruptSourceError, OutsideMediaError } from "./errors.ts";
import { readMovie } from "./read/read-movie.ts";
import { sliceRecording } from "./slice/slice-recording.ts";

/** FUZZ_RUNS=<n> files; FUZZ_SEED repeats a run. `npm run test:faults` looks at 10,000. */
const { FUZZ_RUNS = "300", FUZZ_SEED = "1" } = process.env;

/** Half a second of work for a file of 30 kB would be minutes for a recording. */
const SLOWEST_MS = 500;
/** A sample read by itself is one request: these files have less than 200. */
const MOST_REQUESTS = 400;
/** What may be left in buffers, the sample tables among them, after such a file. */
const MOST_BUFFER_BYTES = 400 * 2 ** 20;

const MUXERS: Record<string, string[]> = {
  "moov first": ["-movflags", "+faststart"],
  "moov last": [],
  fragmented: ["-movflags", "frag_keyframe+empty_moov+default_base_moof"],
  "fragmented with sidx": ["-movflags", "frag_keyframe+delay_moov+default_base_moof+dash+global_sidx"],
};

let scratch: Scratch;
const files = new Map<string, Buffer>();

beforeAll(async () => {
  scratch = await scratchFolder();
  const source = await makeRecording(scratch.path("a.mp4"), { seconds: 2 });
  for (const [name, flags] of Object.entries(MUXERS)) {
    const path = scratch.path(`${name}.mp4`);
    await ffmpeg("-i", source, "-c", "copy", ...flags, path);
    files.set(name, await readFile(path));
  }
});
afterAll(() => scratch[Symbol.asyncDispose]());

describe("an MP4 whose boxes lie", () => {
  it("is sliced, copied or refused with a reason, in bounded time, memory and requests", {
    timeout: 900_000,
  }, async () => {
    const seen = { sliced: 0, copied: 0, refused: 0 };
    const hit = new Set<string>();
    const drawn = fc.tuple(fc.constantFrom(...Object.keys(MUXERS)), fc.array(mutation, { minLength: 1, maxLength: 4 }));
    await fc.assert(
      fc.asyncProperty(drawn, async ([name, mutations]) => {
        const file = files.get(name) ?? Buffer.alloc(0);
        const bytes = mutated(file, mutations);
        for (const type of targetsOf(file, mutations)) hit.add(type);
        const source = counted(memorySource(bytes));
        const bufferBytes = process.memoryUsage().arrayBuffers;
        const before = process.threadCpuUsage();
        seen[await outcome(source)] += 1;
        const tookMs = process.threadCpuUsage(before).user / 1000;
        const requests = source.traffic.reads.length + source.traffic.streams.length;
        if (tookMs > SLOWEST_MS) throw new Error(`it took ${tookMs.toFixed(0)} ms`);
        if (requests > MOST_REQUESTS) throw new Error(`it took ${requests} requests`);
        if (process.memoryUsage().arrayBuffers - bufferBytes > MOST_BUFFER_BYTES)
          throw new Error("it took too much memory");
      }),
      { numRuns: Number(FUZZ_RUNS), seed: Number(FUZZ_SEED), endOnFailure: true },
    );
    // The mutations hit what matters, and leave enough to work with.
    expect([...hit]).toEqual(expect.arrayContaining(["moov", "stts", "ctts", "stsz", "stsc", "stco", "elst", "trun"]));
    expect(Math.min(seen.sliced, seen.refused), JSON.stringify(seen)).toBeGreaterThan(Number(FUZZ_RUNS) / 20);
  });
});

async function outcome(source: ReturnType<typeof counted>): Promise<"sliced" | "copied" | "refused"> {
  try {
    const slice = await sliceRecording(source, "camera/a.mp4", { fromSeconds: 0.5, toSeconds: 1.5 });
    const staged = Buffer.concat(await Array.fromAsync(slice.chunks()));
    if (staged.length !== slice.bytes) throw new Error(`${slice.bytes} bytes were announced, ${staged.length} came`);
    if (slice.method === "sliced") await readMovie(memorySource(staged));
    else if (!slice.why) throw new Error("copied, and nobody says why");
    return slice.method;
  } catch (error) {
    const isReason = error instanceof CorruptSourceError || error instanceof OutsideMediaError;
    if (!isReason || !error.message.startsWith("camera/a.mp4: ")) throw error;
    return "refused";
  }
}

import { createWriteStream, readFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { makeRecording, type Recording } from "@camclips/media/synthetic";
import { fileSource, sliceRecording } from "@camclips/mp4";
import { afterAll, describe, expect, it } from "vitest";
import { jobOf, Workshop } from "../media/workshop.ts";
import { counted } from "../mp4/fixtures.ts";

/**
 * How the cost of a smart clip grows: slopes, which do not depend on the machine. Each is compared with the same work of
 * another size, the cheapest of three runs.
 */
const shop = new Workshop();
afterAll(() => shop.clear());

const RUNS = 3;
const GOP_SECONDS = 2;
/** Behind a keyframe, so that frames are encoded. */
const INTO_GOP_MS = 320;

const made = new Map<string, Promise<Recording>>();

/** One of a camera's recordings, all of `seconds`. */
function recording(seconds: number, index = 0): Promise<Recording> {
  const name = `${seconds}-${index}`;
  const known = made.get(name) ?? make(name, seconds, index);
  made.set(name, known);
  return known;
}

async function make(name: string, seconds: number, index: number): Promise<Recording> {
  const path = join(await shop.folder, `${name}.mp4`);
  return makeRecording({ path, startMs: index * seconds * 1000, seconds, gop: 25 * GOP_SECONDS, kbps: 300 });
}

/** Processor seconds of this process and of its children that have ended; /proc counts in hundredths. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  const text = readFileSync("/proc/self/stat", "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (user + system) / 1e6 + (Number(fields[13]) + Number(fields[14])) / 100;
}

interface Cost {
  cpuSeconds: number;
  bytesRead: number;
  requests: number;
}

/** Slices the recordings and cuts the clip, as the stages do. */
async function cut(recordings: readonly Recording[], startMs: number, endMs: number): Promise<Cost> {
  const before = cpuSeconds();
  const folder = await mkdtemp(join(await shop.folder, "slices-"));
  const job = jobOf(recordings, startMs, endMs, { precision: "smart" });
  const cost = { bytesRead: 0, requests: 0 };
  for (const [index, source] of job.sources.entries()) {
    await using file = await fileSource(source.path);
    const reading = counted(file);
    const seconds = {
      fromSeconds: (source.fromMs - source.zeroMs) / 1000,
      toSeconds: (source.toMs - source.zeroMs) / 1000,
    };
    const slice = await sliceRecording(reading, source.path, seconds);
    source.path = join(folder, `${index}.mp4`);
    source.zeroMs += slice.zeroSeconds * 1000;
    await pipeline(slice.chunks(), createWriteStream(source.path));
    const ranges = [...reading.traffic.reads, ...reading.traffic.streams];
    cost.bytesRead += ranges.reduce((sum, [start, end]) => sum + end - start, 0);
    cost.requests += ranges.length;
  }
  const scratch = await mkdtemp(join(folder, "scratch-"));
  const report = await shop.engine.renderClip({ ...job, output: join(folder, "clip.mp4") }, { scratch });
  expect(report.precision).toBe("smart");
  return { ...cost, cpuSeconds: cpuSeconds() - before };
}

async function cheapest(run: () => Promise<Cost>): Promise<Cost> {
  let best = await run();
  for (let i = 1; i < RUNS; i++) {
    const next = await run();
    if (next.cpuSeconds < best.cpuSeconds) best = next;
  }
  return best;
}

describe("what a smart clip costs", () => {
  it("does not grow with the recording, but for its index", async () => {
    const [short, long] = [await recording(30), await recording(480)];
    const ofShort = await cheapest(() => cut([short], INTO_GOP_MS, 20_000));
    const ofLong = await cheapest(() => cut([long], 300_000 + INTO_GOP_MS, 320_000));
    // A frame takes 4 bytes of index, a packet of audio too; chunks and runs of durations a few more.
    const indexBytes = (480 - 30) * (25 + 48) * 16;
    expect(ofLong.bytesRead).toBeLessThan(ofShort.bytesRead * 1.2 + indexBytes);
    expect(ofLong.requests).toBeLessThanOrEqual(ofShort.requests + 2);
    expect(ofLong.cpuSeconds).toBeLessThan(1.5 * ofShort.cpuSeconds);
  });

  it("grows less than the clip does, since as many frames are encoded", async () => {
    const long = await recording(480);
    const ofShort = await cheapest(() => cut([long], INTO_GOP_MS, 20_000));
    const ofLong = await cheapest(() => cut([long], INTO_GOP_MS, 320_000));
    expect(ofLong.cpuSeconds).toBeLessThan(8 * ofShort.cpuSeconds);
  });

  it("grows with the number of recordings no faster than that", async () => {
    const parts = await Promise.all(Array.from({ length: 9 }, (_, index) => recording(4, index)));
    const ofThree = await cheapest(() => cut(parts.slice(0, 3), INTO_GOP_MS, 12_000));
    const ofNine = await cheapest(() => cut(parts, INTO_GOP_MS, 36_000));
    expect(ofNine.cpuSeconds).toBeLessThan(3 * ofThree.cpuSeconds);
    expect(ofNine.requests).toBeLessThanOrEqual(3 * ofThree.requests);
  });
});

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileSource, firstTrack, readMovie } from "@camclips/mp4";
import { jobOf, Workshop } from "@camclips/testing/media/workshop";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { VerificationError } from "../errors.ts";
import { makeRecording, type Recording } from "../synthetic/index.ts";
import { compareSamples, type PlannedSample } from "./compare-samples.ts";
import { muxClip } from "./mux-clip.ts";
import { prepareCut } from "./prepare-cut.ts";

const shop = new Workshop();
let path: string;
let source: Awaited<ReturnType<typeof fileSource>>;
let planned: PlannedSample[];
let recording: Recording;
beforeAll(async () => {
  path = join(await shop.folder, "recording.mp4");
  recording = await makeRecording({ path, startMs: 0, seconds: 4, gop: 25, bFrames: 2, audio: false });
  source = await fileSource(path);
  const { samples, timescale, edit } = firstTrack(await readMovie(source, path), "vide") ?? {};
  planned = Array.from({ length: samples?.count ?? 0 }, (_, i) => ({
    source,
    offset: samples?.offset[i] ?? 0,
    size: samples?.size[i] ?? 0,
    seconds: ((samples?.dts[i] ?? 0) + (samples?.compositionOffset[i] ?? 0) + (edit?.shift ?? 0)) / (timescale ?? 1),
  }));
});
afterAll(async () => {
  await source[Symbol.asyncDispose]();
  await shop.clear();
});

describe("compareSamples", () => {
  it("is content with every sample in its place", async () => {
    expect(planned).toHaveLength(100);
    await compareSamples(path, planned);
  });

  it("notices one byte that is another", async () => {
    const bytes = await readFile(path);
    const { offset = 0, size = 0 } = planned[30] ?? {};
    bytes[offset + size - 1] = (bytes[offset + size - 1] ?? 0) ^ 1;
    const other = join(await shop.folder, "other.mp4");
    await writeFile(other, bytes);
    await expect(compareSamples(other, planned)).rejects.toThrow(/is not its source's, byte by byte/);
  });

  it.each<[string, (all: PlannedSample[]) => PlannedSample[], RegExp]>([
    ["a sample that is lost", (all) => all.filter((_, i) => i !== 7), /has 100 frames, planned were 99/],
    ["two samples in each other's place", (all) => swapped(all, 7, 8), /is not its source's/],
    ["a sample twice", (all) => all.with(8, all[7] as PlannedSample), /is not its source's/],
    ["samples that are shown at each other's time", (all) => swappedTimes(all, 7, 8), /is shown at/],
    ["all samples 40 ms late", (all) => all.map((s) => ({ ...s, seconds: s.seconds - 0.04 })), /is shown at/],
  ])("notices %s", async (_, change, message) => {
    await expect(compareSamples(path, change(planned))).rejects.toThrow(VerificationError);
    await expect(compareSamples(path, change(planned))).rejects.toThrow(message);
  });

  it("is what every clip of copied samples goes through", async () => {
    const liar = { ...source, stream: (from: number, to: number) => flipped(source.stream(from, to)) };
    const sources = [{ path, bytes: liar, movie: await readMovie(source, path) }];
    const output = join(await shop.folder, "clip.mp4");
    const prepared = await prepareCut({ ...jobOf([recording], 1000, 3000, { precision: "smart" }), output }, sources);
    if ("notCut" in prepared) throw new Error(prepared.notCut);
    const muxed = muxClip(prepared.plan, sources, { encoded: [] }, { path: output, startMs: 0 });
    await expect(muxed).rejects.toThrow(/is not its source's, byte by byte/);
  });
});

function swapped(all: PlannedSample[], a: number, b: number): PlannedSample[] {
  return all.with(a, all[b] as PlannedSample).with(b, all[a] as PlannedSample);
}

function swappedTimes(all: PlannedSample[], a: number, b: number): PlannedSample[] {
  const [first, second] = [all[a] as PlannedSample, all[b] as PlannedSample];
  return all.with(a, { ...first, seconds: second.seconds }).with(b, { ...second, seconds: first.seconds });
}

async function* flipped(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield chunk.map((byte) => byte ^ 1);
}

import { readFile } from "node:fs/promises";
import { makeRecording, memorySource, scratchFolder } from "@camclips/testing/mp4/fixtures";
import { expect, it } from "vitest";
import { fileSource } from "../io/file-source.ts";
import { firstTrack, presentationSeconds, type Track } from "../read/movie.ts";
import { readMovie } from "../read/read-movie.ts";
import { framesOf, selectSamples } from "./select-samples.ts";

it("of two frames at one time the second stands", async () => {
  await using scratch = await scratchFolder();
  const path = await makeRecording(scratch.path("two.mp4"), { seconds: 2, x264: "bframes=0", audio: false });
  await using file = await fileSource(path);
  const video = firstTrack(await readMovie(file, path), "vide") as Track;
  const { dts, duration } = video.samples;
  dts[20] = dts[19] ?? 0;
  duration[19] = 0;
  const fromSeconds = presentationSeconds(video, 20) + 0.02;
  const { standing } = framesOf(video, undefined, { fromSeconds, toSeconds: fromSeconds + 0.001 });
  expect(standing).toBe(20);
});

it("tells how many frames a range has, but not of a file that is cut off: of those behind the first missing one some are there", async () => {
  await using scratch = await scratchFolder();
  const path = await makeRecording(scratch.path("cut.mp4"), { seconds: 4, x264: "bframes=3:b-adapt=0", audio: false });
  const whole = await readFile(path);
  const movie = await readMovie(memorySource(whole), path);
  const { offset, size } = (firstTrack(movie, "vide") as Track).samples;
  const slice = (bytes: Buffer) => selectSamples(movie, memorySource(bytes), path, { fromSeconds: 1, toSeconds: 4 });
  expect(slice(whole).beside.frames).toBe(75);
  for (let i = 80; i < 90; i++)
    expect(slice(whole.subarray(0, (offset[i] ?? 0) + (size[i] ?? 0) - 1)).beside.frames).toBeUndefined();
});

it("tells no number of frames where some have no bytes: not all readers count them", async () => {
  await using scratch = await scratchFolder();
  const path = await makeRecording(scratch.path("empty.mp4"), { seconds: 2, audio: false });
  await using file = await fileSource(path);
  const movie = await readMovie(file, path);
  const video = firstTrack(movie, "vide") as Track;
  video.samples.size[30] = 0;
  const beside = (fromSeconds: number, toSeconds: number) =>
    selectSamples(movie, file, path, { fromSeconds, toSeconds }).beside;
  expect(beside(1, 1.5).frames).toBeUndefined();
  expect(beside(0, 1).frames).toBe(25);
  const emptySeconds = presentationSeconds(video, 30);
  expect(beside(emptySeconds + 0.02, 2).previousSeconds).toBeCloseTo(emptySeconds - 0.04, 6);
});

it("a frame that stands is taken along, also where it is decoded behind those of the range", async () => {
  await using scratch = await scratchFolder();
  const x264 = "bframes=2:b-adapt=0:b-pyramid=0";
  const path = await makeRecording(scratch.path("still.mp4"), { seconds: 2, x264, audio: false });
  await using file = await fileSource(path);
  const movie = await readMovie(file, path);
  const video = firstTrack(movie, "vide") as Track;
  const { samples, timescale } = video;
  // Nothing moves for a second behind the B-frames of this one, which is stored before them.
  const moved = 10;
  const stillSeconds = presentationSeconds(video, moved);
  for (let i = moved; i < samples.count; i++) {
    const isLater = presentationSeconds(video, i) >= stillSeconds - 0.001;
    if (isLater) samples.compositionOffset[i] = (samples.compositionOffset[i] ?? 0) + timescale;
  }
  const range = { fromSeconds: stillSeconds + 0.5, toSeconds: stillSeconds + 1.02 };
  const { standing, last } = framesOf(video, undefined, range);
  expect([standing, last]).toEqual([moved + 2, moved]);
  const [selected] = selectSamples(movie, file, path, range).tracks;
  expect(selected?.samples.at(-1)?.offset).toBe(samples.offset[moved + 2]);
});

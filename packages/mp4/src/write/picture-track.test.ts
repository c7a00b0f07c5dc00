import { expect, it } from "vitest";
import { memorySource } from "../io/memory-source.ts";
import { firstTrack, presentedSeconds } from "../read/movie.ts";
import { readMovie } from "../read/read-movie.ts";
import { pictureTrack } from "./picture-track.ts";
import { writeMovie } from "./write-movie.ts";

it("writes pictures as they are, each until the next", async () => {
  const pictures = [10, 35, 100].map((endTicks, i) => ({ pixels: new Uint8Array(4 * 2 * 2).fill(i), endTicks }));
  const movie = writeMovie([pictureTrack(pictures, 10, { width: 4, height: 2 })], { order: "time" });
  const file = Buffer.concat(await Array.fromAsync(movie.chunks()));
  const video = firstTrack(await readMovie(memorySource(file)), "vide");
  expect(video?.descriptions[0]).toMatchObject({ format: "2vuy", video: { width: 4, height: 2 } });
  expect(video && [...presentedSeconds(video)]).toEqual([0, 1, 3.5]);
  const at = video?.samples.offset[2] ?? 0;
  expect([...file.subarray(at, at + 16)]).toEqual(new Array(16).fill(2));
});

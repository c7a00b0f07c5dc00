import { makeRecording, scratchFolder } from "@camclips/testing/mp4/fixtures";
import { expect, it } from "vitest";
import { fileSource } from "../io/file-source.ts";
import { firstTrack, presentationSeconds, type Track } from "../read/movie.ts";
import { readMovie } from "../read/read-movie.ts";
import { framesOf } from "./select-samples.ts";

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

import { ffmpeg, makeRecording, scratchFolder } from "@camclips/testing/mp4/fixtures";
import { expect, it } from "vitest";
import { fileSource } from "../io/file-source.ts";
import { readTimeline } from "./read-timeline.ts";

/** A recording with two B-frames, as a muxer writes it. */
async function starts(name: string, output: string[]) {
  await using scratch = await scratchFolder();
  const encoded = await makeRecording(scratch.path("encoded.mp4"), { seconds: 2, fps: "5" });
  const path = scratch.path(name);
  await ffmpeg("-i", encoded, "-map", "0", "-c", "copy", ...output, path);
  await using file = await fileSource(path);
  return (await readTimeline(file, path))?.starts;
}

it("an empty edit says that pictures begin late, also where that is what reordering takes", async () => {
  const late = await starts("late.mov", ["-output_ts_offset", "0.4"]);
  expect(late).toMatchObject({ videoSeconds: expect.closeTo(0.4, 3) });
  expect(late).not.toHaveProperty("decodedSeconds");
});

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileSource, firstTrack, readMovie, sliceRecording } from "@camclips/mp4";
import { Workshop } from "@camclips/testing/media/workshop";
import { afterAll, expect, it } from "vitest";
import { makeRecording } from "../synthetic/index.ts";
import { findEntryFor } from "./idr.ts";

const shop = new Workshop();
afterAll(() => shop.clear());

it("the entry of a frame in a file that begins in an open GOP is its first keyframe, when none before it is better", async () => {
  const path = join(await shop.folder, "whole.mp4");
  await makeRecording({ path, startMs: 0, seconds: 8, fps: 5, gop: 10, bFrames: 2, openGop: true, audio: false });
  await using whole = await fileSource(path);
  const slice = await sliceRecording(whole, path, { fromSeconds: 6.6, toSeconds: 6.602 });
  const part = join(await shop.folder, "part.mp4");
  await writeFile(part, slice.chunks());
  await using file = await fileSource(part);
  const video = firstTrack(await readMovie(file, part), "vide");
  if (!video) throw new TypeError("a slice holds video");
  expect(await findEntryFor(file, video, video.samples.count - 1)).toBe(0);
});

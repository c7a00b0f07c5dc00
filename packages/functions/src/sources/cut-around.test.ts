import { join } from "node:path";
import { createFolderStore } from "@camclips/local";
import { makeRecording, readFrameCodes } from "@camclips/media/synthetic";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { testFolder } from "@camclips/testing/folders";
import { expect, it } from "vitest";
import { cutAround } from "./cut-around.ts";
import { openClip } from "./open-clip.ts";

const signal = new AbortController().signal;

it.each([
  [0.5, 0],
  [1.05, 0],
  [1.25, 2],
])("a clip that shows its first frame after a second gives at %d s the frame %d", async (atSeconds, code) => {
  await using folder = await testFolder();
  const path = join(folder.path, "clip.mp4");
  await makeRecording({ path, startMs: 0, seconds: 1, firstSeconds: 1, fps: 10, audio: false, ffmpeg: testFfmpeg });
  const clip = await openClip("clip.mp4", { destination: createFolderStore(folder.path) }, signal);
  const around = await cutAround(clip, atSeconds, join(folder.path, "around.mp4"), signal);
  const frames = await readFrameCodes(around.path, testFfmpeg);
  expect(frames.find(({ seconds }) => Math.abs(seconds - around.atSeconds) < 0.001)?.code).toBe(code);
});

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createFolderStore } from "@camclips/local";
import { makeRecording, readFrameCodes } from "@camclips/media/synthetic";
import { fileSource, firstTrack, presentationSeconds, readMovie, sliceRecording } from "@camclips/mp4";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { testFolder } from "@camclips/testing/folders";
import { expect, it } from "vitest";
import { cutKeyframes } from "./cut-keyframes.ts";
import { openClip } from "./open-clip.ts";

const signal = new AbortController().signal;

/** The codes and times of the frames that are kept of a clip. */
async function kept(folder: string, name: string) {
  const opened = await openClip(name, { destination: createFolderStore(folder) }, signal);
  const path = await cutKeyframes(opened, join(folder, "keyframes.mp4"), signal);
  if (path === undefined) return undefined;
  const frames = await readFrameCodes(path, testFfmpeg);
  return frames.map(({ code, seconds }) => [code ?? -1, Number(seconds.toFixed(3))] as const);
}

it("keeps the keyframes of a clip at their instants, of open GOPs, too, and 16 of many", async () => {
  await using folder = await testFolder();
  const usual = { startMs: 0, fps: 10, width: 160, height: 90, audio: false, ffmpeg: testFfmpeg };
  await makeRecording({ ...usual, path: join(folder.path, "plain.mp4"), seconds: 3, gop: 10, bFrames: 2 });
  expect(await kept(folder.path, "plain.mp4")).toEqual([0, 10, 20].map((code) => [code, code / 10]));
  await makeRecording({
    ...usual,
    path: join(folder.path, "open.mp4"),
    seconds: 3,
    gop: 10,
    bFrames: 2,
    openGop: true,
  });
  const open = (await kept(folder.path, "open.mp4")) ?? [];
  expect(open.length).toBeGreaterThanOrEqual(2);
  for (const [code, seconds] of open) expect(seconds).toBe((code ?? -1) / 10);
  await makeRecording({ ...usual, path: join(folder.path, "many.mp4"), seconds: 6, gop: 1 });
  const many = (await kept(folder.path, "many.mp4")) ?? [];
  expect(many.length).toBe(16);
  expect(many.map(([code]) => code)).toEqual(Array.from({ length: 16 }, (_, i) => Math.ceil(i * 3.75)));
});

it("keeps none that is decoded but not shown, as a fast clip has one before its start", async () => {
  await using folder = await testFolder();
  const whole = join(folder.path, "whole.mp4");
  const usual = { startMs: 0, fps: 10, width: 160, height: 90, audio: false, ffmpeg: testFfmpeg };
  await makeRecording({ ...usual, path: whole, seconds: 3, gop: 10 });
  await using file = await fileSource(whole);
  const slice = await sliceRecording(file, whole, { fromSeconds: 0.5, toSeconds: 0.9 });
  await writeFile(join(folder.path, "clip.mp4"), slice.chunks());
  await using cut = await fileSource(join(folder.path, "clip.mp4"));
  const video = firstTrack(await readMovie(cut), "vide");
  // The slice shows its keyframe; as a clip it would begin half a second later.
  const clip = video && { key: "clip.mp4", object: await opened(folder.path), video: startingAt(video, 0.5) };
  expect(video && presentationSeconds(video, 0)).toBe(0);
  expect(clip && (await cutKeyframes(clip, join(folder.path, "keyframes.mp4"), signal))).toBeUndefined();
});

const startingAt = <T extends { timescale: number; edit: object }>(video: T, seconds: number) => ({
  ...video,
  edit: { ...video.edit, from: seconds * video.timescale },
});

async function opened(folder: string) {
  const object = await createFolderStore(folder).open("clip.mp4");
  if (!object) throw new Error("no clip");
  return object;
}

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { codesBetween, codesOf, jobOf, Workshop } from "@camclips/testing/media/workshop";
import { afterAll, expect, it } from "vitest";
import { runFfmpeg } from "../ffmpeg/run-ffmpeg.ts";
import { makeRecording, type Recording, readFrameCodes } from "../synthetic/index.ts";

const shop = new Workshop();
afterAll(() => shop.clear());

const CHANGE_MS = 1000;
const run = (args: string[]) => runFfmpeg({ ffmpeg: testFfmpeg, args: ["-y", ...args] });

/** A second of 16:9, then three of 4:3, in one stream, as a camera leaves it that is set to another size meanwhile. */
async function changing(): Promise<Recording> {
  const folder = await shop.folder;
  const usual = { fps: 25, gop: 25, audio: false };
  const wide = { path: join(folder, "wide.mp4"), startMs: 0, seconds: 1, width: 160, height: 90 };
  const narrow = { path: join(folder, "narrow.mp4"), startMs: CHANGE_MS, seconds: 3, width: 120, height: 90 };
  const parts = [
    await makeRecording({ ...usual, ...wide }),
    await makeRecording({ ...usual, ...narrow, firstCode: 25 }),
  ] as const;
  const streams: Uint8Array[] = [];
  for (const { path, startMs } of parts) {
    const stream = `${path}.ts`;
    await run(["-i", path, "-c", "copy", "-muxdelay", "0", "-output_ts_offset", `${startMs / 1000}`, stream]);
    streams.push(await readFile(stream));
  }
  const [stream, path] = [join(folder, "both.ts"), join(folder, "both.mp4")];
  await writeFile(stream, Buffer.concat(streams));
  await run(["-i", stream, "-c", "copy", path]);
  return { ...parts[0], path, endMs: parts[1].endMs, frames: parts.flatMap(({ frames }) => frames) };
}

it.each([
  ["across the change", 480, 1480],
  ["behind it", 3000, 3480],
])("a size that changes within a recording is fitted in, not stretched: %s", async (_, fromMs, toMs) => {
  const recording = await changing();
  const { frames, path, report } = await shop.render(jobOf([recording], fromMs, toMs));
  expect(report).toMatchObject({ width: 160, height: 90, gaps: [] });
  const wide = codesBetween(recording.frames, fromMs, Math.min(toMs, CHANGE_MS));
  const narrow = codesBetween(recording.frames, Math.max(fromMs, CHANGE_MS), toMs);
  expect(codesOf(frames).slice(0, wide.length)).toEqual(wide);
  const middle = `${path}-middle.mp4`;
  await run(["-i", path, "-vf", "crop=120:90", "-fps_mode", "passthrough", "-c:v", "libx264", "-qp", "1", middle]);
  expect(codesOf(await readFrameCodes(middle)).slice(wide.length)).toEqual(narrow);
});

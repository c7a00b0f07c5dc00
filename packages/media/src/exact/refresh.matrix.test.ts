import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileSource, sliceRecording } from "@camclips/mp4";
import { codesOf, jobOf, Workshop } from "@camclips/testing/media/workshop";
import { afterAll, describe, expect, it } from "vitest";
import { makeRecording } from "../synthetic/index.ts";

const startMs = Date.UTC(2024, 4, 1, 10);
const shop = new Workshop();
afterAll(() => shop.clear());

describe.each([
  ["moov-first", 0],
  ["moov-first", 2],
  ["fragmented", 0],
] as const)("a clip out of a recording with intra refresh has every frame: %s, %d B-frames", (container, bFrames) => {
  it.each([
    [4.04, "within a refresh that takes 38 frames"],
    [5.4, "where the refresh is over less than a second before"],
    [5.6, "behind a refresh"],
  ])("that begins at %d s, %s", async (fromSeconds) => {
    const name = `${container}-${bFrames}`;
    const whole = join(await shop.folder, `${name}.mp4`);
    const params = `keyint=100:intra-refresh=1:scenecut=0:bframes=${bFrames}`;
    const shape = { seconds: 7, width: 640, height: 96, container, audio: false };
    const recording = await makeRecording({ path: whole, startMs, ...shape, encoder: ["-x264-params", params] });
    const toSeconds = fromSeconds + 0.6;
    await using file = await fileSource(whole);
    const slice = await sliceRecording(file, name, { fromSeconds, toSeconds });
    const path = join(await shop.folder, `${name}-${fromSeconds}.mp4`);
    await writeFile(path, slice.chunks());
    const job = jobOf([{ ...recording, path }], startMs + fromSeconds * 1000, startMs + toSeconds * 1000);
    const sources = job.sources.map((source) => ({ ...source, zeroMs: startMs + slice.zeroSeconds * 1000 }));
    const { frames, report } = await shop.render({ ...job, sources });
    expect(codesOf(frames)).toEqual(Array.from({ length: 15 }, (_, i) => Math.round(fromSeconds * 25) + i));
    expect(report).toMatchObject({ gaps: [], held: [] });
  });
});

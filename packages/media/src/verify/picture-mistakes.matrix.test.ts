import { join } from "node:path";
import {
  CLOCK_MISTAKES,
  type ClockMistake,
  mutantFfmpeg,
  PICTURE_MISTAKES,
  type PictureMistake,
} from "@camclips/testing/media/mutant-ffmpeg";
import { codesOf, jobOf, Workshop } from "@camclips/testing/media/workshop";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createMediaEngine } from "../engine.ts";
import type { RenderJob } from "../media-engine.ts";
import { makeRecording, type Recording, readFrameCodes } from "../synthetic/index.ts";

const shop = new Workshop();
const mistakes = Object.keys(PICTURE_MISTAKES) as PictureMistake[];
let folder: string;
let recording: Recording;
beforeAll(async () => {
  folder = await shop.folder;
  recording = await makeRecording({ path: join(folder, "recording.mp4"), startMs: 0, seconds: 4, gop: 50 });
});
afterAll(() => shop.clear());

async function renderWith(mistake: PictureMistake, precision: "smart" | "exact") {
  const ffmpeg = await mutantFfmpeg(folder, mistake, precision === "exact" ? "video" : "part0");
  return renderBy(ffmpeg, `${precision}-${mistake}`, { precision });
}

async function renderBurned(mistake: PictureMistake | ClockMistake) {
  const ffmpeg = await mutantFfmpeg(folder, mistake, mistake in CLOCK_MISTAKES ? "clock" : "video");
  return renderBy(ffmpeg, `burned-${mistake}`, { clock: { way: "burned", zone: "UTC", name: "" } });
}

async function renderBy(ffmpeg: string, name: string, options: Partial<RenderJob>) {
  const engine = createMediaEngine({ ffmpeg, threads: 2, timeLimitMs: 60_000 });
  const output = join(folder, `${name}.mp4`);
  const report = await engine.renderClip({ ...jobOf([recording], 1000, 3000, options), output }, { scratch: folder });
  return { report, codes: codesOf(await readFrameCodes(output)) };
}

describe("a mistake in the pictures that are encoded is noticed", () => {
  it.each(mistakes)("%s: an exact clip is refused", async (mistake) => {
    await expect(renderWith(mistake, "exact")).rejects.toThrow(/^the clip.* (shows|lacks) /);
  });

  it.each(mistakes)("%s: so is a clip with a burned-in clock", async (mistake) => {
    // What covers the clock, too, is noticed there first.
    const isOver = /grey|green/.test(mistake);
    const message = isOver ? /^the clip's frame .* shows / : /^the clip.* (shows the picture of|lacks) /;
    await expect(renderBurned(mistake)).rejects.toThrow(message);
  });

  it.each(Object.keys(CLOCK_MISTAKES) as ClockMistake[])("%s: the clip is refused", async (mistake) => {
    await expect(renderBurned(mistake)).rejects.toThrow(
      /^the clip's frame at \d\.\d+ s shows another time than its own$/,
    );
  });

  it.each(mistakes)("%s: a smart clip is not kept, and all frames are encoded instead", async (mistake) => {
    const { report, codes } = await renderWith(mistake, "smart");
    expect(report.precision).toBe("exact");
    expect(report.why).toMatch(/shows|planned were/);
    expect(codes).toEqual(Array.from({ length: 50 }, (_, i) => 25 + i));
  });
});

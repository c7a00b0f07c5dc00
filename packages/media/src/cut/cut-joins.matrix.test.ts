import { open } from "node:fs/promises";
import { join } from "node:path";
import { fileSource, sliceRecording } from "@camclips/mp4";
import { codesBetween, codesOf, jobOf, Workshop } from "@camclips/testing/media/workshop";
import { afterAll, describe, expect, it } from "vitest";
import type { RenderJob, RenderSource } from "../media-engine.ts";
import { type Camera, type CameraOptions, makeCamera, readAudioOnsets } from "../synthetic/index.ts";

const startMs = Date.UTC(2018, 9, 31, 2, 52, 0, 51);
const shop = new Workshop();
afterAll(() => shop.clear());

function camera(name: string, options: Partial<CameraOptions> = {}): Promise<Camera> {
  const usual = { alias: "pier", startMs, recordings: 2, seconds: 3, gop: 25, bFrames: 2 };
  return shop.camera(name, (folder) => makeCamera({ ...usual, ...options, folder }));
}

/** The second recording starts `gapMs` after the first has ended; below 0 they overlap. */
function gapped(gapMs: number): Promise<Camera> {
  return camera(`gap ${gapMs}`, { each: (i) => (i === 1 ? { startMs: startMs + 3000 + gapMs } : {}) });
}

describe.concurrent("smart clips over recordings that do not follow each other exactly", () => {
  it.each([40, 200, 1000])("hold the last frame over a join of %i ms, and nothing drifts", async (gapMs) => {
    const { recordings, frames } = await gapped(gapMs);
    const [from, to] = [startMs + 1520, startMs + 5000 + gapMs];
    const clip = await shop.render(jobOf(recordings, from, to, { precision: "smart" }));
    expect(clip.report).toMatchObject({ precision: "smart", gaps: [], durationMs: 3480 + gapMs });
    expect(codesOf(clip.frames)).toEqual(codesBetween(frames, from, to));
    for (const { code, seconds } of clip.frames) {
      const wallMs = frames.find((frame) => frame.code === code)?.wallMs ?? 0;
      expect(seconds * 1000).toBeCloseTo(wallMs - from, 0);
    }
    const onsets = await readAudioOnsets(clip.path);
    expect(Math.abs((onsets.at(-1)?.seconds ?? 0) - (onsets.at(-1)?.second ?? 0) + 1.52)).toBeLessThan(0.01);
  });

  it.each<[RenderJob["gapPolicy"], RenderJob["precision"], number]>([
    ["SKIP_GAPS", "smart", 3480],
    ["HOLD_LAST_FRAME", "smart", 13_480],
    ["FILL_WITH_BLACK", "exact", 13_480],
  ])("with a gap of 10 s and %s are cut the %s way", async (gapPolicy, precision, durationMs) => {
    const { recordings, frames } = await gapped(10_000);
    const [from, to] = [startMs + 1520, startMs + 15_000];
    const clip = await shop.render(jobOf(recordings, from, to, { precision: "smart", gapPolicy }));
    const gap = { startMs: startMs + 3000, endMs: startMs + 13_000, cause: "NOT_RECORDED" };
    expect(clip.report).toMatchObject({ precision, durationMs, gaps: [gap] });
    const shown = codesOf(clip.frames).filter((code, i, all) => code !== null && code !== all[i - 1]);
    expect(shown).toEqual(codesBetween(frames, from, to));
  });

  it.each([-40, -200, -1000])("show every instant once where recordings overlap by %i ms", async (gapMs) => {
    const { recordings, frames } = await gapped(gapMs);
    const [from, to] = [startMs + 1500, startMs + 4800];
    const job = jobOf(recordings, from, to, { precision: "smart" });
    const [first, second] = job.sources;
    const laterMs = recordings[1]?.startMs ?? 0;
    const sources = first && second ? [{ ...first, toMs: laterMs }, second] : [];
    const clip = await shop.render({ ...job, sources });
    expect(clip.report).toMatchObject({ precision: "smart", gaps: [] });
    const [ownFirst, ownSecond] = recordings.map((recording) => recording.frames);
    const expected = [...codesBetween(ownFirst ?? [], from, laterMs), ...codesBetween(ownSecond ?? [], laterMs, to)];
    expect(codesOf(clip.frames)).toEqual(expected);
    expect(frames.length).toBeGreaterThan(expected.length);
  });
});

/** Slices every source as download-sources does. */
async function staged(made: Camera, fromMs: number, toMs: number): Promise<RenderSource[]> {
  const folder = await shop.folder;
  return Promise.all(
    jobOf(made.recordings, fromMs, toMs).sources.map(async (source, i) => {
      await using bytes = await fileSource(source.path);
      const range = {
        fromSeconds: (source.fromMs - source.zeroMs) / 1000,
        toSeconds: (source.toMs - source.zeroMs) / 1000,
      };
      const slice = await sliceRecording(bytes, source.path, range);
      const path = join(folder, `slice-${fromMs}-${i}-${made.alias}.mp4`);
      await using file = await open(path, "w");
      for await (const chunk of slice.chunks()) await file.writeFile(chunk);
      return { ...source, path, zeroMs: source.zeroMs + slice.zeroSeconds * 1000 };
    }),
  );
}

describe.concurrent("clips of sliced recordings", () => {
  it.each<[string, Partial<CameraOptions>]>([
    ["moov first", { container: "moov-first" }],
    ["open GOPs at 29.97 fps", { fps: "30000/1001", openGop: true, alias: "open" }],
    ["fragments without an index", { container: "fragmented-bare", alias: "bare" }],
    ["a variable frame rate", { vfr: true, alias: "vfr" }],
    ["HEVC", { codec: "hevc", alias: "hevc", openGop: true }],
  ])("are exact in every way of cutting: %s", async (name, options) => {
    const made = await camera(name, options);
    const [from, to] = [startMs + 1730, startMs + 4650];
    for (const precision of ["exact", "smart", "fast"] as const) {
      const job = jobOf(made.recordings, from, to, { precision, codec: "source" });
      const clip = await shop.render({ ...job, sources: await staged(made, from, to) });
      expect({ precision, codes: codesOf(clip.frames) }).toEqual({
        precision,
        codes: codesBetween(made.frames, from, to),
      });
      expect(clip.report.precision).toBe(precision);
    }
  });
});

describe.concurrent("smart cutting gives way to re-encoding, and says why", () => {
  it.each<[string, Partial<CameraOptions>, string]>([
    [
      "size",
      { each: (i) => (i === 1 ? { width: 240, height: 180 } : {}) },
      "the recordings differ in size: 160x90 and 240x180",
    ],
    ["settings", { each: (i) => (i === 1 ? { bFrames: 0 } : {}) }, "encoded with different parameter sets"],
    ["rotation", { each: (i) => (i === 1 ? { rotate: 180 } : {}) }, "rotated differently"],
    ["codec", { codec: "hevc" }, "the video is hvc1 (H.265), and H.264 was asked for"],
    ["field order", { height: 96, encoder: ["-flags", "+ilme+ildct"] }, "interlaced"],
    ["colours", { encoder: ["-pix_fmt", "yuv444p"] }, "the H.264 profile is 244"],
  ])("for another %s", async (name, options, why) => {
    const made = await camera(name, options);
    const [from, to] = [startMs + 2300, startMs + 3700];
    const { report, frames } = await shop.render(jobOf(made.recordings, from, to, { precision: "smart" }));
    expect(report.precision).toBe("exact");
    expect(report.why).toContain(why);
    expect(frames.length).toBeGreaterThan(30);
  });

  it("keeps rotation and sample aspect when both recordings have them", async () => {
    const made = await camera("turned", { rotate: 90, sampleAspect: "4/3" });
    const [from, to] = [startMs + 1730, startMs + 4650];
    const { report } = await shop.render(jobOf(made.recordings, from, to, { precision: "smart" }));
    expect(report).toMatchObject({ precision: "smart", width: 90, height: 160 });
  });
});

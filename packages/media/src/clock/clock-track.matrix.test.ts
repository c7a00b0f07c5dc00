import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileSource, readMovie } from "@camclips/mp4";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { jobOf, Workshop } from "@camclips/testing/media/workshop";
import { afterAll, describe, expect, it } from "vitest";
import { runFfmpeg } from "../ffmpeg/run-ffmpeg.ts";
import type { RenderJob, RenderReport } from "../media-engine.ts";
import { makeCamera } from "../synthetic/index.ts";

const START = Date.UTC(2026, 0, 1, 13, 5, 10, 360);
const label = { way: "track" as const, zone: "UTC", name: "pier" };
const shop = new Workshop();
afterAll(() => shop.clear());

/** Two recordings of three seconds, two and a half seconds apart. */
const camera = () =>
  shop.camera("gap", (folder) =>
    makeCamera({
      ...{ folder, alias: "pier", startMs: START, recordings: 2, seconds: 3, fps: 10, gop: 10, width: 160, height: 90 },
      each: (index) => ({ startMs: START + index * 5500 }),
    }),
  );

const secondsOf = (text: string) => text.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);

/** The texts as ffmpeg reads them out of the clip's own track. */
async function textsIn(path: string) {
  const track = join(await shop.folder, "track.vtt");
  await runFfmpeg({
    ffmpeg: testFfmpeg,
    args: ["-v", "error", "-y", "-i", path, "-map", "0:s:0", "-c:s", "webvtt", track],
  });
  const cues = (await readFile(track, "utf8")).matchAll(/^([\d:.]+) --> ([\d:.]+)\n(.*)$/gm);
  return [...cues].map(([, from = "", to = "", text]) => ({ from: secondsOf(from), to: secondsOf(to), text }));
}

const render = async (options: Partial<RenderJob>) => {
  const { recordings, frames } = await camera();
  const made = await shop.render(jobOf(recordings, START + 740, START + 8000, { clock: label, ...options }));
  const wallOf = new Map(frames.map(({ code, wallMs }) => [code, wallMs]));
  return { ...made, wallOf };
};

describe("the clock in a clip", () => {
  it.each([
    ["smart", "SKIP_GAPS"],
    ["smart", "HOLD_LAST_FRAME"],
    ["fast", "SKIP_GAPS"],
    ["exact", "SKIP_GAPS"],
    ["exact", "FILL_WITH_BLACK"],
  ] as const)("tells each frame's own second, cut %s, %s", async (precision, gapPolicy) => {
    const { frames, path, report, wallOf } = await render({ precision, gapPolicy });
    const texts = await textsIn(path);
    expect(report.precision).toBe(precision);
    const shown = frames.filter(({ code }) => code !== null);
    expect(shown.length).toBeGreaterThan(45);
    let [codeBefore, repeated]: [number | null, boolean] = [null, false];
    for (const { code, seconds } of shown) {
      repeated = code === codeBefore;
      codeBefore = code;
      // A frame that is held over a gap is not of that time.
      if (repeated) continue;
      const wallMs = wallOf.get(code ?? -1) ?? Number.NaN;
      const text = `${new Date(Math.floor((wallMs + 0.5) / 1000) * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC  pier`;
      const cue = texts.find(({ from, to }) => from <= seconds + 0.001 && seconds + 0.001 < to);
      expect(cue?.text, `frame ${code} at ${seconds} s`).toBe(text);
    }
    const filled = gapPolicy === "SKIP_GAPS" ? 0 : 2;
    expect(new Set(texts.map(({ text }) => text)).size).toBe(texts.length);
    expect(texts.length).toBeGreaterThanOrEqual(6 + filled);
    expect(report.clock?.map(({ text }) => text)).toEqual(texts.map(({ text }) => text));
  });

  it("touches no frame and no audio, and is one more track", async () => {
    const plain = await render({ precision: "smart", clock: undefined });
    const { path, report } = await render({ precision: "smart" });
    const withoutFile = ({ bytes: _, sha256: __, clock: ___, ...rest }: RenderReport) => rest;
    expect(withoutFile(report)).toEqual(withoutFile(plain.report));
    const packets = async (file: string) => {
      const list = join(await shop.folder, "packets");
      const args = [
        "-v",
        "error",
        "-y",
        "-i",
        file,
        "-map",
        "0:v",
        "-map",
        "0:a",
        "-c",
        "copy",
        "-f",
        "framecrc",
        list,
      ];
      await runFfmpeg({ ffmpeg: testFfmpeg, args });
      return (await readFile(list, "utf8")).replace(/^#software.*\n/m, "");
    };
    expect(await packets(path)).toBe(await packets(plain.path));
    await using file = await fileSource(path);
    const { creationTimeMs } = await readMovie(file);
    expect(creationTimeMs).toBe(Math.floor((START + 740) / 1000) * 1000);
  });
});

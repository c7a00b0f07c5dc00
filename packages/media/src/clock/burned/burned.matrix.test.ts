import { readClock } from "@camclips/testing/media/read-clock";
import { jobOf, Workshop } from "@camclips/testing/media/workshop";
import { afterAll, describe, expect, it } from "vitest";
import type { ClockLabel, RenderJob } from "../../media-engine.ts";
import { type Camera, type CameraOptions, makeCamera } from "../../synthetic/index.ts";
import { clockText } from "../clock-text.ts";

const START = Date.UTC(2026, 0, 1, 13, 5, 10, 360);
const SIZE = { width: 320, height: 180 };
const label: ClockLabel = { way: "burned", zone: "UTC", name: "pier" };
const shop = new Workshop();
afterAll(() => shop.clear());

const camera = (name: string, options: Partial<CameraOptions> = {}) =>
  shop.camera(name, (folder) => {
    const usual = { alias: "pier", startMs: START, recordings: 2, seconds: 3, fps: 10, gop: 10, ...SIZE };
    return makeCamera({ folder, ...usual, ...options });
  });

/** Two recordings of three seconds, two and a half seconds apart. */
const withGap = () => camera("gap", { each: (index) => ({ startMs: START + index * 5500 }) });

async function render(
  { recordings, frames: recorded }: Camera,
  range: [number, number],
  options: Partial<RenderJob> = {},
) {
  const job = jobOf(recordings, ...range, { clock: label, ...options });
  const { frames, path, report } = await shop.render(job);
  const texts = await readClock(path, report);
  const wallOf = new Map(recorded.map(({ code, wallMs }) => [code, wallMs]));
  expect(texts).toHaveLength(frames.length);
  const shown = frames.map((frame, i) => ({ ...frame, text: texts[i], wallMs: wallOf.get(frame.code ?? -1) }));
  return { report, shown, texts };
}

type Shown = Awaited<ReturnType<typeof render>>["shown"];

/** Every frame that is recorded, and the first of those that show the same one, says its own second. */
function expectOwnSeconds(shown: Shown, { zone, name }: ClockLabel = label): void {
  const text = clockText({ zone, name });
  const own = shown.filter(({ code }, i) => code !== null && code !== shown[i - 1]?.code);
  for (const frame of own) {
    const second = Math.floor(((frame.wallMs ?? Number.NaN) + 0.5) / 1000) * 1000;
    expect(frame.text, `frame ${frame.code} at ${frame.seconds} s`).toBe(text(second));
  }
  expect(own.length).toBeGreaterThan(shown.length / 3);
}

describe("a burned-in clock", () => {
  it.each(["SKIP_GAPS", "HOLD_LAST_FRAME", "FILL_WITH_BLACK"] as const)(
    "shows each frame's own second across a gap, %s, and goes on where the gap is filled",
    async (gapPolicy) => {
      const { report, shown, texts } = await render(await withGap(), [START + 740, START + 8000], { gapPolicy });
      expect(report).toMatchObject({ precision: "exact", clockBurned: true, encodedFrames: shown.length });
      expect(report.why).toBe("all frames were re-encoded: the clock is drawn into them");
      expect(report.clock).toBeUndefined();
      expectOwnSeconds(shown);
      const seconds = new Set(texts.map((text) => Number(/:(\d\d) UTC/.exec(text)?.[1])));
      const filled = gapPolicy === "SKIP_GAPS" ? [] : [14, 15];
      expect([...seconds]).toEqual(
        [11, 12, 13, ...filled, 15, 16, 17, 18].filter((each, i, all) => all.indexOf(each) === i),
      );
      if (gapPolicy === "SKIP_GAPS") return;
      const text = clockText(label);
      for (const { seconds, text: said } of shown) expect(said).toBe(text(START + 800.5 + seconds * 1000));
    },
  );

  it("shows each frame's own second where frames come unevenly, and across a join of recordings", async () => {
    const uneven = await camera("uneven", { vfr: true, fps: 12.5 });
    expectOwnSeconds((await render(uneven, [START + 500, START + 5700])).shown);
  });

  it.each([
    ["October", Date.UTC(2018, 9, 28, 0, 59, 57, 500), ["02:59:59 +02:00", "02:00:00 +01:00"]],
    ["March", Date.UTC(2018, 2, 25, 0, 59, 57, 500), ["01:59:59 +01:00", "03:00:00 +02:00"]],
  ])("writes the offset, which changes within a clip, in %s", async (month, startMs, around) => {
    const zoned = { ...label, zone: "Europe/Paris", name: "Süd ß 1…" };
    const recorded = await camera(month, { startMs, recordings: 1, seconds: 5 });
    const { shown, texts } = await render(recorded, [startMs, startMs + 5000], { clock: zoned });
    expectOwnSeconds(shown, zoned);
    const said = [...new Set(texts)].map((text) => text.slice(11));
    const at = said.findIndex((text) => text.startsWith(around[0] ?? ""));
    expect(said.slice(at, at + 2)).toEqual(around.map((text) => `${text}  Süd ß 1…`));
  });

  it("goes by what recordings are said to start at, to the fraction of a millisecond", async () => {
    const { recordings, frames } = await camera("moved", { recordings: 1 });
    const offMs = -97_659.375;
    const moved = recordings.map((recording) => ({
      ...recording,
      startMs: recording.startMs + offMs,
      endMs: recording.endMs + offMs,
    }));
    const own = frames.map((frame) => ({ ...frame, wallMs: frame.wallMs + offMs }));
    const from = Math.round(START + offMs + 300);
    const { shown } = await render({ alias: "pier", recordings: moved, frames: own, epochMs: START }, [
      from,
      from + 2500,
    ]);
    expectOwnSeconds(shown);
  });

  it("goes on through clips that are encoded group by group", async () => {
    const many = await camera("many", { recordings: 15, seconds: 1, audio: false });
    const { shown, report } = await render(many, [START + 300, START + 14_300]);
    expect(report.frames).toBe(140);
    expectOwnSeconds(shown);
  });

  it("is told as text where pictures are too small for it, and says so", async () => {
    const tiny = await camera("tiny", { recordings: 1, width: 64, height: 48 });
    const { path, report } = await shop.render(
      jobOf(tiny.recordings, START, START + 2000, { clock: label, precision: "smart" }),
    );
    expect(report).toMatchObject({ precision: "smart", clock: [{ text: "2026-01-01 13:05:10 UTC  pier" }, {}, {}] });
    expect(report.clockBurned).toBeUndefined();
    expect(report.why).toMatch(/; pictures of 64x48 are too small for a clock, which is told as text instead$/);
    expect(new Set(await readClock(path, { width: 64, height: 48 }))).toEqual(new Set([""]));
  });

  it.each([
    ["1080 lines", { width: 1920, height: 1080 }, "2026-01-01 13:05:10 UTC  pier"],
    ["a turned camera", { rotate: 90 as const }, "2026-01-01 13:05:10 UTC\npier"],
    ["portrait", { width: 360, height: 640 }, "2026-01-01 13:05:10 UTC\npier"],
    ["wide pixels", { width: 352, height: 288, sampleAspect: "12/11" }, "2026-01-01 13:05:10 UTC\npier"],
    ["half the columns", { width: 352, height: 576, sampleAspect: "24/11" }, "2026-01-01 13:05:10 UTC  pier"],
    ["half the lines", { width: 720, height: 240, sampleAspect: "1/2" }, "2026-01-01 13:05:10 UTC  pier"],
    ["160 x 90", { width: 160, height: 90 }, "2026-01-01 13:05:10 UTC\npier"],
  ])("can be read on any picture: %s", async (name, options, text) => {
    const { recordings } = await camera(name, { recordings: 1, seconds: 2, ...options });
    for (const quality of ["usual", "draft"] as const) {
      const job = jobOf(recordings, START + 100, START + 1600, { clock: label, quality });
      const { path, report } = await shop.render(job);
      const texts = await readClock(path, report);
      expect(texts[0]).toBe(text);
      expect(new Set(texts)).toEqual(new Set([text, text.replace(":10", ":11")]));
    }
  });
});

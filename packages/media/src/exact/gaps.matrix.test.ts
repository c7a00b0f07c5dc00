import { codesOf, jobOf, Workshop } from "@camclips/testing/media/workshop";
import { afterAll, describe, expect, it } from "vitest";
import type { RenderJob } from "../media-engine.ts";
import { type Camera, makeCamera, type RecordedFrame, readAudioOnsets } from "../synthetic/index.ts";

const startMs = Date.UTC(2018, 9, 31, 2, 52, 0, 51);
const shop = new Workshop();
afterAll(() => shop.clear());

/** Two recordings of 3 s, the second of which starts `gapMs` after the first ended. */
function gapped(gapMs: number): Promise<Camera> {
  return shop.camera(`gap-${gapMs}`, (folder) => {
    const each = (index: number) => (index === 1 ? { startMs: startMs + 3000 + gapMs } : {});
    return makeCamera({ folder, alias: "pier", startMs, recordings: 2, seconds: 3, gop: 25, each });
  });
}

/** What stands at every frame interval when nothing is moved: a frame's code, the code of the one before, or black. */
function onTheWall(frames: readonly RecordedFrame[], from: number, to: number, fill: "hold" | "black") {
  const codes: (number | null)[] = [];
  for (let t = from; t < to - 0.5; t += 40) {
    const own = frames.find(({ wallMs }) => Math.abs(wallMs - t) < 1);
    codes.push(own?.code ?? (fill === "hold" ? (codes.at(-1) ?? null) : null));
  }
  return codes;
}

describe.concurrent("a short gap between recordings is a join: the last frame stands until the next", () => {
  it.each([40, 200, 1000])("of %i ms", async (gapMs) => {
    const { recordings, frames } = await gapped(gapMs);
    const [from, to] = [startMs + 2000, startMs + 5000 + gapMs];
    const clip = await shop.render(jobOf(recordings, from, to));
    expect(codesOf(clip.frames)).toEqual(onTheWall(frames, from, to, "hold"));
    expect(clip.report).toMatchObject({ gaps: [], delivered: [[from, to]], durationMs: 3000 + gapMs });
    const last = (await readAudioOnsets(clip.path)).at(-1);
    expect(last?.seconds).toBeCloseTo((last?.second ?? 0) - 2, 2);
  });
});

describe.concurrent("a long gap between recordings", () => {
  const job = async (gapMs: number, options: Partial<RenderJob>) => {
    const camera = await gapped(gapMs);
    const [from, to] = [startMs + 2000, startMs + 5000 + gapMs];
    const clip = await shop.render(jobOf(camera.recordings, from, to, { joinToleranceMs: 100, ...options }));
    const gap = { startMs: startMs + 3000, endMs: startMs + 3000 + gapMs, cause: "NOT_RECORDED" };
    const delivered = [
      [from, gap.startMs],
      [gap.endMs, to],
    ];
    expect(clip.report).toMatchObject({ gaps: [gap], delivered, startErrorMs: 0, endErrorMs: 0 });
    return { ...clip, frames: codesOf(clip.frames), from, to, camera };
  };

  it.each([200, 10_000])("of %i ms is skipped by SKIP_GAPS", async (gapMs) => {
    const { frames, report, path } = await job(gapMs, { gapPolicy: "SKIP_GAPS" });
    expect(frames).toEqual([...Array(25).keys()].map((k) => 50 + k).concat([...Array(50).keys()].map((k) => 75 + k)));
    expect(report.durationMs).toBe(3000);
    const onsets = await readAudioOnsets(path);
    expect(onsets.length).toBeGreaterThanOrEqual(2);
  });

  it.each([200, 10_000])("of %i ms shows the last frame with HOLD_LAST_FRAME", async (gapMs) => {
    const { frames, report, from, to, camera } = await job(gapMs, { gapPolicy: "HOLD_LAST_FRAME" });
    expect(frames).toEqual(onTheWall(camera.frames, from, to, "hold"));
    expect(report.durationMs).toBe(3000 + gapMs);
  });

  it.each([200, 10_000])("of %i ms is black with FILL_WITH_BLACK", async (gapMs) => {
    const { frames, report, from, to, camera } = await job(gapMs, { gapPolicy: "FILL_WITH_BLACK" });
    expect(frames).toEqual(onTheWall(camera.frames, from, to, "black"));
    expect(report.durationMs).toBe(3000 + gapMs);
  });
});

describe.concurrent("footage that is missing at the clip's edges", () => {
  const edges = async (options: Partial<RenderJob>) => {
    const { recordings, frames } = await gapped(200);
    const [first] = recordings;
    const [from, to] = [startMs - 400, startMs + 3400];
    const clip = await shop.render(jobOf(first === undefined ? [] : [first], from, to, options));
    const gaps = [
      { startMs: from, endMs: startMs, cause: "NOT_RECORDED" },
      { startMs: startMs + 3000, endMs: to, cause: "NOT_RECORDED" },
    ];
    expect(clip.report).toMatchObject({ gaps, delivered: [[startMs, startMs + 3000]] });
    return { codes: codesOf(clip.frames), report: clip.report, own: frames.slice(0, 75).map(({ code }) => code) };
  };

  it("shortens the clip with SKIP_GAPS, and the report says by how much", async () => {
    const { codes, own, report } = await edges({ gapPolicy: "SKIP_GAPS" });
    expect(codes).toEqual(own);
    expect(report).toMatchObject({ startErrorMs: 400, endErrorMs: -400 });
  });

  it("is black with FILL_WITH_BLACK", async () => {
    const { codes, own, report } = await edges({ gapPolicy: "FILL_WITH_BLACK" });
    expect(codes).toEqual([...Array(10).fill(null), ...own, ...Array(10).fill(null)]);
    expect(report).toMatchObject({ startErrorMs: 0, endErrorMs: 0, durationMs: 3800 });
  });

  it("is black before and the last frame behind with HOLD_LAST_FRAME", async () => {
    const { codes, own } = await edges({ gapPolicy: "HOLD_LAST_FRAME" });
    expect(codes).toEqual([...Array(10).fill(null), ...own, ...Array(10).fill(74)]);
  });
});

describe.concurrent("recordings that overlap", () => {
  it("show every instant once when their parts do not", async () => {
    const camera = await shop.camera("overlap", (folder) => {
      const each = (index: number) => (index === 1 ? { startMs: startMs + 2000, firstCode: 50 } : {});
      return makeCamera({ folder, alias: "pier", startMs, recordings: 2, seconds: 3, each });
    });
    const [a, b] = camera.recordings;
    const sources = [
      { path: a?.path ?? "", zeroMs: startMs, fromMs: startMs + 1000, toMs: startMs + 2000 },
      { path: b?.path ?? "", zeroMs: startMs + 2000, fromMs: startMs + 2000, toMs: startMs + 4000 },
    ];
    const clip = await shop.render({ ...jobOf([], startMs + 1000, startMs + 4000), sources });
    expect(codesOf(clip.frames)).toEqual(Array.from({ length: 75 }, (_, index) => 25 + index));
  });
});

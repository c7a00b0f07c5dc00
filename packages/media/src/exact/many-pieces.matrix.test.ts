import { codesBetween, codesOf, jobOf, Workshop } from "@camclips/testing/media/workshop";
import { afterAll, describe, expect, it } from "vitest";
import { makeCamera, readAudioOnsets } from "../synthetic/index.ts";
import { PIECES_AT_ONCE } from "./encode-groups.ts";

const startMs = Date.UTC(2026, 2, 1, 12);
const count = 2 * PIECES_AT_ONCE + 4;
const shop = new Workshop();
afterAll(() => shop.clear());

const camera = () =>
  shop.camera("many", (folder) =>
    makeCamera({ folder, alias: "door", startMs, recordings: count, seconds: 1, gop: 25 }),
  );

describe("a clip out of more recordings than one run decodes", () => {
  it("has every frame and every second of audio", async () => {
    const { recordings, frames } = await camera();
    const [fromMs, toMs] = [startMs + 480, startMs + count * 1000 - 240];
    const clip = await shop.render(jobOf(recordings, fromMs, toMs));
    expect(codesOf(clip.frames)).toEqual(codesBetween(frames, fromMs, toMs));
    for (const [i, { seconds }] of clip.frames.entries()) expect(seconds).toBeCloseTo(i / 25, 4);
    expect(clip.report).toMatchObject({ gaps: [], durationMs: toMs - fromMs, precision: "exact" });
    const onsets = (await readAudioOnsets(clip.path)).map(({ seconds }) => seconds);
    expect(onsets).toHaveLength(count - 1);
    for (const [i, seconds] of onsets.entries()) expect(Math.abs(seconds - (i + 0.52))).toBeLessThan(0.01);
  });

  it("has one size, that of the first, where the recordings of a later group have another", async () => {
    const small = { width: 128, height: 72 };
    const { recordings, frames } = await shop.camera("sizes", (folder) =>
      makeCamera({
        ...{ folder, alias: "door", startMs, recordings: PIECES_AT_ONCE + 1, seconds: 0.4, gop: 25, audio: false },
        each: (index) => (index === PIECES_AT_ONCE ? small : {}),
      }),
    );
    const endMs = recordings.at(-1)?.endMs ?? 0;
    const clip = await shop.render(jobOf(recordings, startMs, endMs));
    expect(clip.report).toMatchObject({ width: 160, height: 90, gaps: [] });
    expect(codesOf(clip.frames)).toEqual(codesBetween(frames, startMs, endMs));
  });

  it("shows black where some are missing", async () => {
    const { recordings, frames } = await camera();
    const left = recordings.filter((_, index) => index !== PIECES_AT_ONCE && index !== PIECES_AT_ONCE + 1);
    const endMs = startMs + count * 1000;
    const clip = await shop.render(jobOf(left, startMs, endMs, { gapPolicy: "FILL_WITH_BLACK", joinToleranceMs: 200 }));
    const shown = codesBetween(frames, startMs, endMs);
    const isMissing = (index: number) => index >= 25 * PIECES_AT_ONCE && index < 25 * (PIECES_AT_ONCE + 2);
    expect(codesOf(clip.frames)).toEqual(shown.map((code, index) => (isMissing(index) ? null : code)));
  });
});

import { makeRecording, scratchFolder } from "@camclips/testing/mp4/fixtures";
import { describe, expect, it } from "vitest";
import { fileSource } from "../io/file-source.ts";
import type { Track } from "../read/movie.ts";
import { readMovie } from "../read/read-movie.ts";
import { type Selection, selectSamples } from "./select-samples.ts";

/** Ranges of a recording of two seconds whose pictures come so much later than its audio. */
async function selections(lateSeconds: number, ranges: readonly [number, number][]): Promise<Selection[]> {
  await using scratch = await scratchFolder();
  const path = await makeRecording(scratch.path("two.mp4"), { seconds: 2 });
  await using file = await fileSource(path);
  const movie = await readMovie(file, path);
  const later = (track: Track) => {
    const ticks = lateSeconds * track.timescale;
    const { shift, from, to } = track.edit;
    return { ...track, edit: { shift: shift + ticks, from: from + ticks, to: to + ticks } };
  };
  const tracks = movie.tracks.map((track) => (track.handler === "vide" ? later(track) : track));
  return ranges.map(([fromSeconds, toSeconds]) => {
    return selectSamples({ ...movie, tracks }, file, "two.mp4", { fromSeconds, toSeconds });
  });
}

function heard({ tracks, zeroSeconds }: Selection): [from: number, to: number] {
  const audio = tracks.find(({ handler }) => handler === "soun");
  const last = audio?.samples.at(-1);
  if (!audio || !last) throw new TypeError("it has audio");
  const end = last.dts + last.duration + audio.edit.shift;
  return [audio.edit.from / audio.timescale + zeroSeconds, end / audio.timescale + zeroSeconds];
}

describe("a slice at a recording's edge", () => {
  it("holds the audio before the first frame, and behind the last one, for a join", async () => {
    const [whole, middle] = await selections(0.08, [
      [0, 3],
      [1.2, 1.6],
    ]);
    if (!whole || !middle) throw new TypeError("both hold frames");
    expect(heard(whole)[0]).toBeCloseTo(0, 2);
    const [video] = whole.tracks;
    expect(video?.edit.from).toBeCloseTo(0.08 * (video?.timescale ?? 0), 6);
    // Between others a slice needs no more than its own: it begins with the keyframe.
    expect(middle.zeroSeconds).toBeCloseTo(1.08, 6);
    expect(heard(middle)[1]).toBeLessThan(1.63);
    const early = (await selections(-0.08, [[0, 1.92]]))[0];
    expect(early && heard(early)[1]).toBeGreaterThan(1.97);
  });

  it("begins on a whole unit of the pictures' times, so that these stay exact", async () => {
    const [slice] = await selections(0.0813, [[0, 3]]);
    const [video] = slice?.tracks ?? [];
    expect(Number.isInteger(Math.round((video?.edit.from ?? 0.5) * 1e6) / 1e6)).toBe(true);
  });
});

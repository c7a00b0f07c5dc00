import { writeFile } from "node:fs/promises";
import { demuxedPackets, ffmpeg, makeRecording, type Scratch, scratchFolder } from "@camclips/testing/mp4/fixtures";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fileSource } from "../io/file-source.ts";
import { firstTrack, type Track } from "../read/movie.ts";
import { readMovie } from "../read/read-movie.ts";
import { holesIn, knownRange } from "./holes.ts";
import { sliceRecording } from "./slice-recording.ts";

let scratch: Scratch;
let video: Track;
let audio: Track;
beforeAll(async () => {
  scratch = await scratchFolder();
  const path = await makeRecording(scratch.path("four.mp4"), { seconds: 4, x264: "keyint=25:bframes=0" });
  await using file = await fileSource(path);
  const movie = await readMovie(file, path);
  [video, audio] = [firstTrack(movie, "vide") as Track, firstTrack(movie, "soun") as Track];
});
afterAll(() => scratch[Symbol.asyncDispose]());

/** The same track with other durations of some samples, and all that follow moved accordingly. */
function withDurations(track: Track, seconds: Record<number, number>): Track {
  const duration = Uint32Array.from(track.samples.duration, (own, i) => {
    return seconds[i] === undefined ? own : seconds[i] * track.timescale;
  });
  let at = 0;
  const dts = Float64Array.from(duration, (own) => {
    at += own;
    return at - own;
  });
  return {
    ...track,
    edit: { ...track.edit, to: Number.POSITIVE_INFINITY },
    samples: { ...track.samples, duration, dts },
  };
}

const all = () => true;

describe("the last frame of a recording", () => {
  it("stands for a second at most, when its length is claimed without audio", () => {
    const giant = withDurations(video, { 99: 600 });
    expect(knownRange(giant, undefined, all)).toEqual({ startSeconds: 0, endSeconds: expect.closeTo(3.96 + 1, 3) });
  });

  it("stands as long as frames before it did", () => {
    const slow = withDurations(video, { 20: 6, 99: 5 });
    expect(knownRange(slow, undefined, all)?.endSeconds).toBeCloseTo(6 + 98 * 0.04 + 5, 3);
  });

  it("stands while there is audio", () => {
    const slowAudio = withDurations(audio, Object.fromEntries(Array.from(audio.samples.duration, (_, i) => [i, 0.05])));
    const endSeconds = 0.05 * audio.samples.count + audio.edit.shift / audio.timescale;
    expect(knownRange(withDurations(video, { 99: 7 }), slowAudio, all)?.endSeconds).toBeCloseTo(endSeconds, 2);
  });
});

describe("a time in which no frame starts", () => {
  const range = { fromSeconds: 1, toSeconds: 3 };

  it("is a hole where there is no audio either", () => {
    const away = withDurations(video, { 49: 20 });
    expect(holesIn(away, undefined, range)).toEqual([
      { startSeconds: expect.closeTo(2, 3), endSeconds: expect.closeTo(21.96, 3) },
    ]);
    expect(holesIn(away, audio, range)).toHaveLength(1);
    expect(holesIn(away, undefined, { fromSeconds: 0, toSeconds: 1 })).toEqual([]);
  });

  it("is a hole although the packet of audio before it claims to last until the next one", () => {
    const away = withDurations(audio, { 86: 18 });
    expect(holesIn(withDurations(video, { 49: 18 }), away, range)).toHaveLength(1);
    const endless = withDurations(audio, { [audio.samples.count - 1]: 600 });
    expect(knownRange(withDurations(video, { 99: 600 }), endless, all)?.endSeconds).toBeLessThan(5);
  });

  it("is none while there is audio, or where frames always come so seldom", () => {
    expect(holesIn(withDurations(video, { 49: 1.9 }), audio, range)).toEqual([]);
    const seldom = withDurations(video, Object.fromEntries(Array.from({ length: 100 }, (_, i) => [i, 5])));
    expect(holesIn(seldom, undefined, range)).toEqual([]);
  });
});

it("a slice behind a hole does not begin with the audio before it, which decoders would take for the whole hole", async () => {
  const list = scratch.path("list.txt");
  const four = `file ${scratch.path("four.mp4")}\n`;
  await writeFile(list, `ffconcat version 1.0\n${four}duration 9\n${four}`);
  await ffmpeg("-f", "concat", "-safe", "0", "-i", list, "-c", "copy", scratch.path("away.mp4"));
  await using file = await fileSource(scratch.path("away.mp4"));
  const slice = await sliceRecording(file, "away.mp4", { fromSeconds: 9.5, toSeconds: 11 });
  await writeFile(scratch.path("slice.mp4"), Buffer.concat(await Array.fromAsync(slice.chunks())));
  const packets = await demuxedPackets(scratch.path("slice.mp4"), "a:0");
  expect(slice.zeroSeconds + (packets[0]?.pts ?? 0)).toBeGreaterThan(8.9);
  expect(packets.length).toBeGreaterThan(1.5 * 43);
});

it("holes are found in a recording of half a day within a moment", () => {
  const count = 1_000_000;
  const of = <T extends { fill(value: number): T }>(column: T, value: number) => column.fill(value);
  const samples = {
    ...video.samples,
    count,
    dts: Float64Array.from({ length: count }, (_, i) => (i < count / 2 ? i : i + 1000)),
    duration: of(new Uint32Array(count), 1),
    compositionOffset: new Int32Array(count),
  };
  const long = { ...video, timescale: 25, edit: { shift: 0, from: 0, to: Number.POSITIVE_INFINITY }, samples };
  const before = process.cpuUsage();
  const holes = holesIn(long, undefined, { fromSeconds: 20_000, toSeconds: 20_030 });
  expect(holes).toEqual([{ startSeconds: 20_000, endSeconds: 20_040 }]);
  expect(process.cpuUsage(before).user / 1000).toBeLessThan(5000);
});

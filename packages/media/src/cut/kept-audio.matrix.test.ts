import { fileSource, firstTrack, readMovie, samplesOf } from "@camclips/mp4";
import { jobOf, Workshop } from "@camclips/testing/media/workshop";
import { ffmpeg } from "@camclips/testing/mp4/fixtures";
import { afterAll, describe, expect, it } from "vitest";
import { type Camera, type CameraOptions, makeCamera, readAudioOnsets } from "../synthetic/index.ts";

const startMs = Date.UTC(2018, 9, 31, 2, 52, 0, 51);
/** Bursts of so many seconds sound different. */
const PITCHES = 8;
const shop = new Workshop();
afterAll(() => shop.clear());

function camera(name: string, options: Partial<CameraOptions>): Promise<Camera> {
  return shop.camera(name, (folder) =>
    makeCamera({ alias: "pier", startMs, recordings: 2, seconds: 8, gop: 25, ...options, folder }),
  );
}

async function packetsOf(path: string): Promise<string[]> {
  await using file = await fileSource(path);
  const track = firstTrack(await readMovie(file, path), "soun");
  if (!track) return [];
  const samples = samplesOf(track, file, 0, track.samples.count - 1);
  const bytes = samples.map(({ offset, size }) => file.read(offset, offset + size));
  return (await Promise.all(bytes)).map((packet) => Buffer.from(packet).toString("latin1"));
}

async function cut(
  made: Camera,
  [fromMs, toMs]: readonly [number, number],
  silentMs = 0,
  precision: "smart" | "fast" = "smart",
) {
  const { path, report } = await shop.render(jobOf(made.recordings, startMs + fromMs, startMs + toMs, { precision }));
  expect(report).toMatchObject({ precision, gaps: [], audio: true });
  const silent = report.audioCoverage.silent.map((gap) => gap.endMs - gap.startMs);
  expect(silent.reduce((sum, ms) => sum + ms, 0)).toBeCloseTo(silentMs, -2);
  const recorded = new Set((await Promise.all(made.recordings.map(({ path }) => packetsOf(path)))).flat());
  const packets = await packetsOf(path);
  const onsets = await readAudioOnsets(path);
  return { onsets, kept: packets.filter((packet) => recorded.has(packet)).length / packets.length };
}

describe.concurrent("the audio of a smart clip", () => {
  it.each([
    ["of one recording", { recordings: 1 }, 520, 7310],
    // 8 s are 375 packets.
    ["over a join where one recording's packets end and the other's begin", {}, 5520, 12_310],
  ])("is the recordings' own %s", async (name, options, fromMs, toMs) => {
    const { kept, onsets } = await cut(await camera(name, options), [fromMs, toMs]);
    expect(kept).toBe(1);
    const first = Math.ceil(fromMs / 1000);
    expect(onsets.map(({ second }) => second)).toEqual([0, 1, 2, 3, 4, 5, 6].map((i) => (first + i) % PITCHES));
    for (const [i, { seconds }] of onsets.entries())
      expect(Math.abs(seconds - (first + i - fromMs / 1000))).toBeLessThan(0.003);
  });

  it("is encoded where packets of two recordings overlap", async () => {
    const { kept, onsets } = await cut(await camera("4 s", { seconds: 4 }), [1520, 6310]);
    expect(kept).toBeLessThan(1);
    for (const { seconds, second } of onsets) expect(Math.abs(seconds - (second - 1.52))).toBeLessThan(0.01);
  });

  it.each([
    ["has six channels", ["-c:a", "aac", "-ac", "6"], 0],
    ["is no AAC", ["-c:a", "libmp3lame"], 0],
    ["begins late", ["-af", "atrim=start=2", "-c:a", "aac"], 1480],
    ["has a rate that clips do not have", ["-c:a", "aac", "-ar", "96000"], 0],
  ])("is encoded where the recording's %s", async (name, args, silentUntilMs) => {
    const made = await camera(`other: ${name}`, { recordings: 1, seconds: 4 });
    const [recording] = made.recordings;
    if (!recording) throw new Error("a camera without a recording");
    const path = `${recording.path}.other.mp4`;
    await ffmpeg("-i", recording.path, "-c:v", "copy", ...args, path);
    const { kept } = await cut({ ...made, recordings: [{ ...recording, path }] }, [520, 3310], silentUntilMs);
    expect(kept).toBeLessThan(1);
  });
});

describe("the audio of a fast clip", () => {
  it("is encoded where the packets at a join last long, and its earlier part would fade out", async () => {
    const made = await camera("8 kHz", {});
    const recordings = await Promise.all(
      made.recordings.map(async (recording) => {
        const path = `${recording.path}.8khz.mp4`;
        await ffmpeg("-i", recording.path, "-c:v", "copy", "-c:a", "aac", "-ar", "8000", path);
        return { ...recording, path };
      }),
    );
    expect((await cut({ ...made, recordings }, [5520, 12_310], 0, "fast")).kept).toBeLessThan(1);
    expect((await cut({ ...made, recordings }, [1520, 6310], 0, "fast")).kept).toBe(1);
  });

  it.each([
    ["a little behind", 2520, 0],
    ["within", 2000, 500],
  ])("that starts %s a time without audio is heard from its first packet on", async (_, fromMs, silentMs) => {
    const made = await camera("hole", { recordings: 1 });
    const [recording] = made.recordings;
    if (!recording) throw new Error("a camera without a recording");
    const path = `${recording.path}.hole.mp4`;
    await ffmpeg("-i", recording.path, "-c", "copy", "-bsf:a", "noise=drop='between(pts*tb,1.2,2.5)'", path);
    const { kept, onsets } = await cut(
      { ...made, recordings: [{ ...recording, path }] },
      [fromMs, 6310],
      silentMs,
      "fast",
    );
    expect(kept).toBe(1);
    expect(onsets.map(({ second }) => second)).toEqual([3, 4, 5, 6]);
    for (const { seconds, second } of onsets) expect(Math.abs(seconds - (second - fromMs / 1000))).toBeLessThan(0.003);
  });
});

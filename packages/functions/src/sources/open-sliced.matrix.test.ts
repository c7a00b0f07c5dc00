import { execFile } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { sliceRecording } from "@camclips/containers";
import { createMediaEngine } from "@camclips/media/engine";
import { makeRecording, type Recording, readAudioOnsets, readFrameCodes } from "@camclips/media/synthetic";
import { fileSource } from "@camclips/mp4";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSliced } from "./open-sliced.ts";

const run = promisify(execFile);
const media = createMediaEngine({ ffmpeg: testFfmpeg, threads: 1, timeLimitMs: 30_000 });
const START_MS = 1_700_000_000_000;
const SECONDS = 24;
const OPTIONS = {
  "H.264": { gop: 50, bFrames: 2 },
  "H.264 in open GOPs": { gop: 30, bFrames: 3, openGop: true },
  "H.265": { codec: "hevc" as const, gop: 25, bFrames: 2 },
  "H.264 of long GOPs": { gop: 250 },
  "H.264 of 5 frames a second": { gop: 10, bFrames: 2, fps: 5 },
};
type Kind = keyof typeof OPTIONS;

let folder: string;
const made = new Map<Kind, Recording>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "camclips-containers-"));
  for (const [kind, options] of Object.entries(OPTIONS) as [Kind, object][]) {
    const path = join(folder, `${kind.replaceAll(/\W/g, "-")}.mp4`);
    made.set(kind, await makeRecording({ path, startMs: START_MS, seconds: SECONDS, ffmpeg: testFfmpeg, ...options }));
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const TS = ["-f", "mpegts"];
const MKV = ["-f", "matroska"];
const cases: [string, Kind, string[]][] = [
  ["MPEG-TS", "H.264", TS],
  ["MPEG-TS", "H.264 in open GOPs", TS],
  ["MPEG-TS", "H.265", TS],
  ["MPEG-TS", "H.264 of long GOPs", TS],
  ["MPEG-TS", "H.264 of 5 frames a second", TS],
  ["MPEG-TS of a constant rate", "H.264", [...TS, "-muxrate", "3000000", "-pcr_period", "30"]],
  ["M2TS", "H.264", [...TS, "-mpegts_m2ts_mode", "1"]],
  ["MPEG-TS from 0", "H.264", [...TS, "-muxdelay", "0", "-muxpreload", "0"]],
  ["MPEG-TS whose times begin again at 12 s", "H.264", [...TS, "-output_ts_offset", String(2 ** 33 / 90_000 - 12)]],
  ["MPEG-TS whose times begin again later", "H.264", [...TS, "-output_ts_offset", String(2 ** 33 / 90_000 - 30)]],
  ["MPEG-TS with MP2", "H.264", [...TS, "-c:a", "mp2"]],
  ["MPEG-TS with AC-3", "H.264", [...TS, "-c:a", "ac3", "-ar", "48000"]],
  ["MPEG-TS without audio", "H.264", [...TS, "-an"]],
  ["Matroska", "H.264", MKV],
  ["Matroska", "H.264 in open GOPs", MKV],
  ["Matroska", "H.265", MKV],
  ["Matroska", "H.264 of long GOPs", MKV],
  ["Matroska", "H.264 of 5 frames a second", MKV],
  ["Matroska with its index in front", "H.264", [...MKV, "-cues_to_front", "1", "-reserve_index_space", "20000"]],
  ["Matroska as it is sent live", "H.264", [...MKV, "-live", "1"]],
  ["Matroska of short clusters", "H.264", [...MKV, "-cluster_time_limit", "500"]],
  [
    "Matroska of one long cluster",
    "H.264",
    [...MKV, "-cluster_time_limit", "30000", "-cluster_size_limit", "90000000"],
  ],
  ["Matroska with Opus", "H.264", [...MKV, "-c:a", "libopus", "-ar", "48000"]],
  ["Matroska with PCM", "H.264", [...MKV, "-c:a", "pcm_s16le"]],
  ["Matroska without audio", "H.264", [...MKV, "-an"]],
];
/** One in the middle, and by turns one at the beginning, of a single frame, and at the end. */
const rangesOf = (index: number) => [[9000, 13_000] as const, OTHERS[index % OTHERS.length] ?? OTHERS[0]];
const OTHERS = [
  [0, 1500],
  [10_020, 10_060],
  [22_500, 24_000],
] as const;

describe("a part of another container than MP4 shows every frame at its instant, with the audio in step", () => {
  it.each(cases.map((it, index) => [...it, index] as const))("%s, %s", async (name, kind, output, index) => {
    const recording = made.get(kind) as Recording;
    const path = join(folder, `${name} ${kind}.bin`);
    await run(testFfmpeg, ["-v", "error", "-y", "-i", recording.path, "-map", "0", "-c", "copy", ...output, path]);
    await using file = await fileSource(path);
    for (const [fromMs, toMs] of rangesOf(index)) {
      const slice = await sliceRecording(file, name, { fromSeconds: fromMs / 1000, toSeconds: toMs / 1000 });
      expect(slice).toMatchObject({ method: "sliced", container: expect.any(String) });
      const part = join(folder, "part");
      await pipeline(slice.chunks(), createWriteStream(part));
      const zeroMs = START_MS + slice.zeroSeconds * 1000;
      const source = { path: part, zeroMs, fromMs: START_MS + fromMs, toMs: START_MS + toMs };
      const options = { scratch: folder, signal: AbortSignal.timeout(30_000) };
      const opened = await openSliced(source, slice.container ?? "mpegts", { media }, options);
      const wallMs = (seconds: number) => opened.zeroMs - START_MS + seconds * 1000;
      const isInside = (ms: number) => ms >= fromMs - 1 && ms < toMs - 1;

      const shown = await readFrameCodes(opened.path, testFfmpeg);
      const frames = shown.map(({ code, seconds }) => ({ code, ms: Math.round(wallMs(seconds)) + 0 }));
      const wanted = recording.frames.map(({ code, wallMs: ms }) => ({ code, ms: Math.round(ms - START_MS) }));
      expect(frames.filter(({ ms }) => isInside(ms))).toEqual(wanted.filter(({ ms }) => isInside(ms)));
      // ffmpeg repeats parameter sets before IDR pictures only: open GOPs, but for the first, are no entries.
      if (!(kind === "H.264 in open GOPs" && output.includes("mpegts")))
        expect(frames.filter(({ ms }) => ms < fromMs - 12_000 || ms >= toMs + 6000)).toEqual([]);
      if (output.includes("-an")) continue;
      const onsets = (await readAudioOnsets(opened.path, testFfmpeg)).map(({ seconds }) => wallMs(seconds));
      for (let second = Math.ceil(fromMs / 1000) * 1000; second < toMs - 100; second += 1000)
        expect(Math.min(...onsets.map((onset) => Math.abs(onset - second)))).toBeLessThan(second === 0 ? 2000 : 10);
    }
  });
});

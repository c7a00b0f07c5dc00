import { execFile } from "node:child_process";
import { mkdir, readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { makeRecording, readAudioOnsets, readFrameCodes, recordingName } from "@camclips/media/synthetic";
import { expect, it } from "vitest";
import { testFfmpeg } from "../ffmpeg.ts";
import { testFolder } from "../folders.ts";
import { ffmpeg } from "../mp4/fixtures.ts";
import { askPipeline } from "./ask-pipeline.ts";

const START = Date.UTC(2026, 2, 1, 12);
const SEGMENT_MS = 2000;
const SECONDS = 20;

it.each([
  ["MPEG-TS", "ts", "mpegts"],
  ["CMAF, whose header is an object of its own", "m4s", "fmp4"],
])(
  "a clip out of segments of two seconds shows every frame once, with the audio in step: %s",
  async (_, ending, type) => {
    await using folder = await testFolder();
    const origin = join(folder.path, "origin");
    await mkdir(origin);
    const path = join(folder.path, "stream.mp4");
    const options = { path, startMs: START, seconds: SECONDS, gop: 50, bFrames: 2, ffmpeg: testFfmpeg };
    const { frames } = await makeRecording(options);
    const hls = ["-f", "hls", "-hls_time", "2", "-hls_playlist_type", "vod", "-hls_segment_type", type];
    const segments = ["-hls_segment_filename", join(origin, `%03d.${ending}`), join(origin, "list.m3u8")];
    await ffmpeg("-i", path, "-map", "0", "-c", "copy", ...hls, ...segments);
    const files = (await readdir(origin)).filter((name) => name.endsWith(ending)).sort();
    expect(files.length).toBe((SECONDS * 1000) / SEGMENT_MS);
    const recordings = [];
    for (const [index, file] of files.entries()) {
      const startMs = START + index * SEGMENT_MS;
      const name = recordingName("pier", startMs).replace(/mp4$/, ending);
      await rename(join(origin, file), join(origin, name));
      recordings.push({ name, startMs, endMs: startMs + SEGMENT_MS, ...(type === "fmp4" && { init: "init.mp4" }) });
    }
    const [fromMs, toMs] = [START + 3100, START + 13_700];
    const asked = (["smart", "fast", "exact"] as const).map((precision) => ({
      clipId: precision,
      precision,
      codec: "h264" as const,
      fromMs,
      toMs,
    }));
    const answers = await askPipeline({ origin, scratch: folder.path }, recordings, asked);
    const wanted = frames.filter(({ wallMs }) => wallMs >= fromMs && wallMs < toMs).map(({ code }) => code);
    for (const { clipId } of asked) {
      const { told, path: clip = "" } = answers.get(clipId) ?? {};
      expect(told).toMatchObject({ status: "CLIP_AVAILABLE", coverage: { gaps: [] } });
      const shown = (await readFrameCodes(clip, testFfmpeg)).filter(({ seconds }) => seconds > -0.0005);
      expect(shown.map(({ code }) => code)).toEqual(wanted);
      const onsets = (await readAudioOnsets(clip, testFfmpeg)).map(({ seconds }) => seconds * 1000 + 3100);
      for (let ms = 4000; ms < 13_700; ms += 1000)
        expect(Math.min(...onsets.map((onset) => Math.abs(onset - ms))), `${clipId} ${ms}`).toBeLessThan(30);
    }
  },
);

/** Where the audio of a file, before an instant, cannot be heard for longer than a packet of it lasts; seconds. */
async function silences(path: string, beforeSeconds: number): Promise<number[]> {
  const heard = "aresample=async=1:first_pts=0,silencedetect=noise=-35dB:duration=0.025";
  const { stderr } = await promisify(execFile)(testFfmpeg, ["-i", path, "-af", heard, "-f", "null", "-"]);
  const starts = Array.from(stderr.matchAll(/silence_start: ([\d.]+)/g), ([, seconds]) => Number(seconds));
  return starts.filter((seconds) => seconds < beforeSeconds);
}

it.each([
  ["mp4", "mp4", []],
  ["mp4 whose times begin at 0 in every file", "mp4", ["-reset_timestamps", "1"]],
  ["ts", "ts", []],
])("the audio of a stream that ffmpeg cut into files goes on over their joins: %s", async (_, ending, times) => {
  await using folder = await testFolder();
  const origin = join(folder.path, "origin");
  await mkdir(origin);
  const path = join(folder.path, "stream.mp4");
  await makeRecording({ path, startMs: START, seconds: 8, gop: 50, bFrames: 2, audio: false, ffmpeg: testFfmpeg });
  const tone = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000:duration=8"];
  const cut = ["-f", "segment", "-segment_time", "2", ...times, join(origin, `%03d.${ending}`)];
  await ffmpeg("-i", path, ...tone, "-c:v", "copy", "-c:a", "aac", ...cut);
  const recordings = [];
  for (const [index, file] of (await readdir(origin)).sort().entries()) {
    const startMs = START + index * SEGMENT_MS;
    const name = recordingName("pier", startMs).replace(/mp4$/, ending);
    await rename(join(origin, file), join(origin, name));
    recordings.push({ name, startMs, endMs: startMs + SEGMENT_MS });
  }
  const asked = (["smart", "fast", "exact"] as const).map((precision) => {
    return { clipId: precision, precision, codec: "h264" as const, fromMs: START + 1100, toMs: START + 7100 };
  });
  const answers = await askPipeline({ origin, scratch: folder.path }, recordings, asked);
  for (const { clipId } of asked) {
    const { told, path: clip = "" } = answers.get(clipId) ?? {};
    expect(told).toMatchObject({ status: "CLIP_AVAILABLE", coverage: { gaps: [], audio: { silent: [] } } });
    expect(await silences(clip, 5.9), clipId).toEqual([]);
  }
});

import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createMediaEngine } from "@camclips/media/engine";
import { makeRecording, readFrameCodes } from "@camclips/media/synthetic";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { testFolder } from "@camclips/testing/folders";
import { ffmpeg } from "@camclips/testing/mp4/fixtures";
import { expect, it } from "vitest";
import { frameAt } from "./frame.ts";
import type { RecordingRow } from "./rows.ts";

const START = Date.UTC(2026, 0, 1);
const media = createMediaEngine({ ffmpeg: testFfmpeg, threads: 1, timeLimitMs: 60_000 });
const rules = { JOIN_TOLERANCE_MS: 1000, RECORDING_MAX_LEN: 600 };

it.each([
  ["plain", "plain.mp4", "moov-first"],
  ["fragmented", "fragmented.mp4", "fragmented-bare"],
  ["MPEG-TS", "stream.ts", "moov-first"],
  ["Matroska", "video.mkv", "moov-first"],
] as const)(
  "shows the picture of an instant, by its number, out of a recording that is %s",
  async (_, name, container) => {
    await using folder = await testFolder();
    const path = join(folder.path, "made.mp4");
    await makeRecording({ path, startMs: START, seconds: 5, gop: 50, bFrames: 2, container, ffmpeg: testFfmpeg });
    if (name.endsWith(".mp4")) await rename(path, join(folder.path, name));
    else await ffmpeg("-i", path, "-map", "0", "-c", "copy", join(folder.path, name));
    const row = {
      id: 1,
      folder: folder.path,
      name,
      startMs: START,
      endMs: START + 5000,
    } as RecordingRow;
    const codeAt = async (ms: number) => {
      const options = { media, width: 160, rules, signal: AbortSignal.timeout(60_000) };
      const picture = await frameAt(row, START + ms, options);
      if (!picture) return undefined;
      const file = join(folder.path, "picture.jpg");
      await writeFile(file, picture);
      return (await readFrameCodes(file, testFfmpeg))[0]?.code;
    };
    expect(await codeAt(0)).toBe(0);
    expect(await codeAt(2030)).toBe(50);
    expect(await codeAt(3999)).toBe(99);
    expect(await codeAt(4990)).toBe(124);
    expect(await codeAt(9000)).toBeUndefined();
  },
);

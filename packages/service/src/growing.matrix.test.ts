import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { until } from "@camclips/testing/folders";
import { startTestService } from "@camclips/testing/test-service";
import { expect, it } from "vitest";

/** A recorder at work: segments as ffmpeg's own muxer writes them, in real time. */
function startRecorder(folder: string, [segmentSeconds, ending, ...output]: [number, string, ...string[]]) {
  const args = [
    ...["-v", "error", "-re", "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25", "-t", "40"],
    ...["-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-f", "segment", "-strftime", "1"],
    ...["-segment_time", String(segmentSeconds), ...output, join(folder, `%Y-%m-%dT%H-%M-%S.${ending}`)],
  ];
  const child = spawn(testFfmpeg, args, { env: { ...process.env, TZ: "UTC" } });
  return { child, ended: new Promise((resolve) => child.once("close", resolve)) };
}

const MP4 = ["-reset_timestamps", "1", "-segment_format", "mp4", "-segment_format_options"];
const FRAGMENTED = "movflags=+frag_keyframe+empty_moov";

/** The end of a range is published so soon after it was recorded. */
const LIVE_MS = 15_000;

it.each<[string, [number, string, ...string[]]]>([
  ["fragmented MP4 of two seconds", [2, "mp4", ...MP4, FRAGMENTED]],
  ["MPEG-TS of two seconds", [2, "ts", "-segment_format", "mpegts"]],
  ["plain MP4 of three seconds", [3, "mp4", ...MP4, "movflags=+faststart"]],
  ["one fragmented MP4 that grows", [600, "mp4", ...MP4, FRAGMENTED]],
  ["one MPEG-TS that grows", [600, "ts", "-segment_format", "mpegts"]],
])("a clip is there seconds after its range has ended, out of %s", async (_, recorder) => {
  await using world = await startTestService("settings: { JOIN_TOLERANCE_MS: 1100 }");
  const folder = join(world.folder, "nvr", "live");
  await mkdir(folder, { recursive: true });
  const { child, ended } = startRecorder(folder, recorder);
  try {
    await until(async () => (await world.json("/cameras")).cameras.some(({ id }: { id: string }) => id === "live"));
    // Names are in whole seconds: what was recorded is known to within one.
    const start = Date.now() + 1000;
    const asked = await world.call("/clips", { json: { camera: "live", clipId: "live", start, end: start + 4000 } });
    expect(asked.status).toBe(202);
    await until(async () => (await world.json("/clips/live")).state === "available", 60_000);
    expect(Date.now() - (start + 4000)).toBeLessThan(LIVE_MS);
    await until(async () => (await world.json("/clips/live")).metadata?.coverage !== undefined);
    const { metadata } = await world.json("/clips/live");
    const isRounding = ({ cause, start: from, end: to }: { cause: string; start: number; end: number }) =>
      cause === "NOT_RECORDED" && from === start && to - from < 1000;
    expect(metadata.coverage.gaps.filter((gap: never) => !isRounding(gap))).toEqual([]);
    expect(metadata.clip.durationMs).toBeGreaterThan(3000);
  } finally {
    child.kill();
    await ended;
  }
  expect(world.errors).toEqual([]);
});

import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { testFfmpeg } from "@camclips/testing/ffmpeg";
import { until } from "@camclips/testing/folders";
import { startTestService } from "@camclips/testing/test-service";
import { expect, it } from "vitest";

/** A recorder at work: segments as ffmpeg's own muxer writes them, in real time. */
function startRecorder(folder: string, movflags: string, seconds: number) {
  const args = [
    ...["-v", "error", "-re", "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25", "-t", String(seconds)],
    ...["-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-f", "segment", "-segment_time", "3", "-strftime", "1"],
    ...["-reset_timestamps", "1", "-segment_format", "mp4", "-segment_format_options", `movflags=${movflags}`],
    join(folder, "%Y-%m-%dT%H-%M-%S.mp4"),
  ];
  const child = spawn(testFfmpeg, args, { env: { ...process.env, TZ: "UTC" } });
  return { child, ended: new Promise((resolve) => child.once("close", resolve)) };
}

it.each([
  ["fragmented", "+frag_keyframe+empty_moov"],
  ["plain", "+faststart"],
])("clips are made out of a folder that a recorder is writing %s segments into", async (_, movflags) => {
  await using world = await startTestService("settings: { JOIN_TOLERANCE_MS: 1100 }");
  const folder = join(world.folder, "nvr", "live");
  await mkdir(folder, { recursive: true });
  const { child, ended } = startRecorder(folder, movflags, 25);
  try {
    await until(async () => (await world.json("/cameras")).cameras.some(({ id }: { id: string }) => id === "live"));
    // Names are in whole seconds: what was recorded is known to within one.
    const start = Date.now() + 1000;
    const asked = await world.call("/clips", { json: { camera: "live", clipId: "live", start, end: start + 4000 } });
    expect(asked.status).toBe(202);
    await until(async () => (await world.json("/clips/live")).state === "available", 60_000);
    const { metadata } = await world.json("/clips/live");
    expect(metadata.coverage.gaps).toEqual([]);
    expect(metadata.clip.durationMs).toBeGreaterThan(3000);
  } finally {
    child.kill();
    await ended;
  }
  expect(world.errors).toEqual([]);
});

import { mkdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clipKey } from "@camclips/core";
import { ClipRendered, type Preview, preview } from "@camclips/events";
import { renderThumbnails } from "@camclips/functions/render-thumbnails";
import { createMediaEngine, findFfmpeg } from "@camclips/media/engine";
import { deliver, eventOf, request, testWorld } from "@camclips/testing/stage-world";
import { jobOf } from "../../packages/testing/src/media/workshop.ts";
import { childrenCpuSeconds } from "./children-cpu.ts";
import { benchCamera, fullSize, quickSize } from "./recordings.ts";
import { spread } from "./statistics.ts";

/**
 * What previews add to the stage that makes thumbnails: processor time of the whole stage, for the same clip of 60 s, in turns.
 *
 *   npm run bench:previews [-- --quick]
 */
const ROUNDS = 9;
const isQuick = process.argv.includes("--quick");
const ways = preview.options;

const ffmpeg = await findFfmpeg(process.env);
const root = join(tmpdir(), "camclips-bench");
await mkdir(root, { recursive: true });
const camera = await benchCamera(root, isQuick ? quickSize : { ...fullSize, seconds: 60 }, ffmpeg);
const startMs = (camera.recordings[1]?.startMs ?? 0) - 30_000;
const endMs = startMs + 60_000;
const output = join(root, "previews-clip.mp4");
const media = createMediaEngine({ ffmpeg, threads: 1, timeLimitMs: 300_000 });
const job = jobOf(camera.recordings, startMs, endMs, { precision: "smart" });
const report = await media.renderClip({ ...job, output }, { scratch: root });

await using world = await testWorld({ THUMBNAIL_SIZES: "300 640 1500 3000" });
world.deps.media = media;
const asked = request({ startMs, endMs });
const key = clipKey(asked.cameraId, asked.clipId);
await world.deps.destination.put(key, await readFile(output), { contentType: "video/mp4" });
const coverage = { requested: [startMs, endMs] as [number, number], ...report, audio: undefined };
const clip = { ...report, clock: undefined, key, sha256: "0".repeat(64) };

/** Processor seconds of ffmpeg and of the stage around it. */
async function measure(wanted: Preview, round: number): Promise<number> {
  const rendered = ClipRendered.happened({ request: { ...asked, preview: wanted }, clip, coverage });
  const event = eventOf(rendered, { key: `${wanted}-${round}` });
  const [before, children] = [process.cpuUsage(), childrenCpuSeconds()];
  await deliver(renderThumbnails, event, world);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6 + childrenCpuSeconds() - children;
}

const seconds = new Map<Preview, number[]>(ways.map((way) => [way, []]));
// The first round is not counted: it loads files.
for (let round = 0; round <= ROUNDS; round++)
  for (const way of ways) {
    const taken = await measure(way, round);
    if (round > 0) seconds.get(way)?.push(taken);
  }
const alone = seconds.get("none") ?? [];
for (const [way, taken] of seconds) {
  const { median, min, max } = spread(taken);
  const ratio = spread(taken.map((value, round) => value / (alone[round] ?? value))).median;
  console.log(
    `${way.padEnd(10)}  ${median.toFixed(2)} CPU s (${min.toFixed(2)} to ${max.toFixed(2)})  ${ratio.toFixed(2)} times thumbnails alone`,
  );
}

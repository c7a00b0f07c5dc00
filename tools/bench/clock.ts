import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createMediaEngine, findFfmpeg } from "@camclips/media/engine";
import type { RenderJob } from "../../packages/media/src/media-engine.ts";
import { jobOf } from "../../packages/testing/src/media/workshop.ts";
import { childrenCpuSeconds } from "./children-cpu.ts";
import { benchCamera, fullSize, quickSize } from "./recordings.ts";
import { spread } from "./statistics.ts";

/**
 * What a clock costs in a clip, as subtitles and burned in: processor time of the whole render, for the same clip, in turns.
 *
 *   npm run bench:clock [-- --quick] [-- --seconds 300] [-- --rounds 1]
 */
const { values } = parseArgs({
  options: {
    quick: { type: "boolean" },
    seconds: { type: "string", default: "60" },
    rounds: { type: "string", default: "3" },
  },
});
const [seconds, rounds] = [Number(values.seconds), Number(values.rounds)];
const label = { zone: "Europe/Paris", name: "harbour" };
const ways: Record<string, Partial<RenderJob>> = {
  smart: { precision: "smart" },
  "smart, clock track": { precision: "smart", clock: { ...label, way: "track" } },
  exact: { precision: "exact" },
  "exact, clock burned": { precision: "exact", clock: { ...label, way: "burned" } },
};

const ffmpeg = await findFfmpeg(process.env);
const root = join(tmpdir(), "camclips-bench");
await mkdir(root, { recursive: true });
const size = values.quick ? quickSize : { ...fullSize, seconds };
const camera = await benchCamera(root, size, ffmpeg);
const startMs = (camera.recordings[1]?.startMs ?? 0) - (seconds * 1000) / 2;
const media = createMediaEngine({ ffmpeg, threads: 2, timeLimitMs: 3_600_000 });

async function measure(options: Partial<RenderJob>): Promise<number> {
  const job = jobOf(camera.recordings, startMs, startMs + seconds * 1000, options);
  const [before, children] = [process.cpuUsage(), childrenCpuSeconds()];
  await media.renderClip({ ...job, output: join(root, "clock-clip.mp4") }, { scratch: root });
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6 + childrenCpuSeconds() - children;
}

const taken = new Map(Object.keys(ways).map((way) => [way, [] as number[]]));
for (let round = 0; round < rounds; round++)
  for (const [way, options] of Object.entries(ways)) taken.get(way)?.push(await measure(options));
for (const [way, all] of taken) {
  const { median, min, max } = spread(all);
  console.log(`${way.padEnd(20)}  ${median.toFixed(2)} CPU s (${min.toFixed(2)} to ${max.toFixed(2)})`);
}

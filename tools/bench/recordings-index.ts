import { link, mkdir, mkdtemp, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { StateFile } from "@camclips/local";
import { RecordingsIndex } from "@camclips/local/recordings";
import { makeRecording } from "@camclips/media/synthetic";
import { parseConfig, rootsOf } from "@camclips/recordings";

/**
 * A week of ten-second recordings of one camera, as hard links of one file: how long the index takes to know them, what an
 * answer takes then, and what it all costs in memory.
 *
 *   npm run bench:index [-- COUNT]       ends with 1 where it is more than a week may cost
 */
const COUNT = Number(process.argv[2] ?? 60_480);
const SECONDS = 10;
/** What a week may cost, and an answer. */
const MOST_BYTES = 150e6;
const MOST_MS = 50;
const START = Date.UTC(2026, 0, 1);

const folder = await mkdtemp(join(tmpdir(), "index-bench-"));
try {
  const sample = join(folder, "sample.mp4");
  await makeRecording({ path: sample, startMs: START, seconds: SECONDS, fps: 5, container: "fragmented-bare" });
  const written = new Date(START);
  await utimes(sample, written, written);
  for (let index = 0; index < COUNT; index++) {
    const at = new Date(START + index * SECONDS * 1000).toISOString();
    const hour = join(folder, "nvr", at.slice(0, 10), at.slice(11, 13), "pier");
    if (index % 360 === 0) await mkdir(hour, { recursive: true });
    // A file system allows some 65,000 links.
    await link(sample, join(hour, `${at.slice(14, 16)}.${at.slice(17, 19)}.mp4`));
  }

  using file = new StateFile(join(folder, "state.sqlite"));
  const before = process.memoryUsage().rss;
  const index = new RecordingsIndex({
    file,
    roots: rootsOf(parseConfig("recordings: [{ folder: nvr, layout: frigate }]", join(folder, "config.yaml"))),
    rules: { JOIN_TOLERANCE_MS: 1000, RECORDING_MAX_LEN: 600 },
    rescanSeconds: 3600,
  });
  const startedAt = performance.now();
  index.start();
  let peak = 0;
  while (!index.progress().complete) {
    peak = Math.max(peak, process.memoryUsage().rss);
    await setTimeout(200);
  }
  const knownMs = performance.now() - startedAt;
  const rescanAt = performance.now();
  await index.rescan();
  const rescanMs = performance.now() - rescanAt;

  const week: [number, number] = [START, START + COUNT * SECONDS * 1000];
  const middle = START + 3 * 86_400_000;
  const answers = {
    "coverage of the week": () => index.coverage("pier", week, 1000).spans.length,
    "coverage of an hour": () => index.coverage("pier", [middle, middle + 3_600_000], 1000).spans.length,
    "recordings of a clip": async () => (await index.listed("pier", middle, middle + 60_000)).length,
    cameras: () => index.cameras().length,
  };
  const tooMuch: string[] = [];
  for (const [name, ask] of Object.entries(answers)) {
    const times: number[] = [];
    for (let run = 0; run < 9; run++) {
      const at = performance.now();
      await ask();
      times.push(performance.now() - at);
    }
    const middle = times.sort((a, b) => a - b)[4] ?? 0;
    console.log(`${name.padEnd(22)} ${middle.toFixed(1)} ms`);
    if (middle > MOST_MS) tooMuch.push(`${name}: more than ${MOST_MS} ms`);
  }
  console.log(
    `${COUNT} recordings known after ${(knownMs / 1000).toFixed(1)} s; looked through again in ${(rescanMs / 1000).toFixed(1)} s`,
  );
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  console.log(
    `kept: ${(heapUsed / 1e6).toFixed(0)} MB of objects, ${(external / 1e6).toFixed(0)} MB outside of the heap`,
  );
  console.log(`memory: ${((peak - before) / 1e6).toFixed(0)} MB more at most, ${(peak / 1e6).toFixed(0)} MB in all`);
  if (peak - before > MOST_BYTES) tooMuch.push(`memory: more than ${MOST_BYTES / 1e6} MB`);
  for (const problem of tooMuch) console.error(problem);
  if (tooMuch.length > 0) process.exitCode = 1;
  await index.stop();
} finally {
  await rm(folder, { recursive: true, force: true });
}

import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { makeRecording } from "../../packages/media/src/synthetic/index.ts";
import { ask, clipCounts, lookOn, record } from "./load.ts";
import { flatness, type Sample } from "./slope.ts";

type Kept = Pick<Sample, "heap" | "external">;

/**
 * `camclips serve` as a process of its own, while two cameras record, old recordings are deleted, clips are asked for and pages look on: its
 * memory and its open files stay as they are once it is warm.
 *
 *   npm run test:soak [-- MINUTES]        an hour; CI takes three minutes
 */
const MINUTES = Number(process.argv[2] ?? 60);
const CAMERAS = ["pier", "gate"];
const SECONDS = 2;
const ASK_EVERY_MS = 4_000;
const SAMPLE_EVERY_MS = 5_000;
/** There is footage then. */
const FIRST_ASKED_MS = 20_000;
/** As its unit and its image run it. */
const YOUNG = "--max-semi-space-size=8";
/** So long recordings stay. */
const KEPT_MS = 5 * 60_000;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** From outside, and what it said last from inside. */
function measure(pid: number, startedMs: number, kept: Kept): Sample {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
  return {
    minutes: (Date.now() - startedMs) / 60_000,
    resident: (pages * 4096) / 1e6,
    ...kept,
    handles: readdirSync(`/proc/${pid}/fd`).length,
  };
}

const folder = await mkdtemp(join(tmpdir(), "soak-of-camclips-"));
const sample = join(folder, "sample.mp4");
await makeRecording({ path: sample, startMs: Date.now(), seconds: SECONDS, gop: 25, width: 320, height: 180 });
for (const camera of CAMERAS) await mkdir(join(folder, "nvr", camera), { recursive: true });
const port = await freePort();
const url = `http://127.0.0.1:${port}`;
await writeFile(
  join(folder, "camclips.config.yaml"),
  `recordings: [{ folder: nvr, layout: shinobi }]\nlisten: 127.0.0.1:${port}\nrescanSeconds: 60\nsettings: { THUMBNAIL_SIZES: 80 }\n`,
);
const main = fileURLToPath(new URL("../../packages/cli/src/main.ts", import.meta.url));
const inside = new URL("inside.ts", import.meta.url).href;
const service = spawn(process.execPath, [YOUNG, "--expose-gc", "--import", inside, main, "serve"], {
  cwd: folder,
  stdio: ["ignore", "ignore", "pipe", "pipe"],
});
let kept: Kept | undefined;
createInterface(service.stdio[3] as Readable).on("line", (line) => {
  kept = JSON.parse(line);
});
const log: string[] = [];
(service.stderr as Readable).setEncoding("utf8").on("data", (text: string) => {
  log.push(text);
  if (log.length > 20) log.shift();
});

const samples: Sample[] = [];
let asked = 0;
try {
  while (
    !(await fetch(`${url}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (service.exitCode !== null) throw new Error(`the service ended:\n${log.join("")}`);
    await setTimeout(200);
  }
  const startedMs = Date.now();
  let [recordedMs, askedMs, sampledMs] = [0, 0, 0];
  while (Date.now() - startedMs < MINUTES * 60_000) {
    const nowMs = Date.now();
    if (nowMs - recordedMs >= SECONDS * 1000) {
      recordedMs = recordedMs === 0 ? Math.floor(nowMs / 1000) * 1000 : recordedMs + SECONDS * 1000;
      for (const camera of CAMERAS)
        await record(join(folder, "nvr", camera), sample, recordedMs - SECONDS * 1000, KEPT_MS);
    }
    if (nowMs - askedMs >= ASK_EVERY_MS && nowMs - startedMs > FIRST_ASKED_MS) {
      askedMs = nowMs;
      // A machine with other work to do makes fewer clips, and none of them late.
      if (((await clipCounts(url)).working ?? 0) >= 3) continue;
      const camera = CAMERAS[asked % CAMERAS.length] ?? "";
      await ask(url, camera, recordedMs - 10_000 - (asked % 5) * 1000);
      await lookOn(url, camera);
      asked += 1;
    }
    if (nowMs - sampledMs >= SAMPLE_EVERY_MS && service.pid !== undefined && kept) {
      sampledMs = nowMs;
      samples.push(measure(service.pid, startedMs, kept));
      if (samples.length % 12 === 0) process.stdout.write(`${line(samples.at(-1) as Sample)}\n`);
    }
    await setTimeout(100);
  }
  let clips = await clipCounts(url);
  for (let tries = 0; tries < 120 && clips.available !== asked; tries += 1) {
    await setTimeout(500);
    clips = await clipCounts(url);
  }
  process.stdout.write(`${asked} asked for: ${JSON.stringify(clips)}\n`);
  if (clips.available !== asked)
    throw new Error(`not all clips were made:
${log.join("")}`);
} finally {
  service.kill("SIGTERM");
  await new Promise((resolve) => service.once("exit", resolve));
  await rm(folder, { recursive: true, force: true });
}
const { text, problems } = flatness(samples);
process.stdout.write(`${text}\n`);
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;

function line({ minutes, resident, heap, external, handles }: Sample): string {
  const parts = `${resident.toFixed(0)} MB resident  ${heap.toFixed(1)} MB heap  ${external.toFixed(1)} MB external`;
  return `${minutes.toFixed(1).padStart(6)} min  ${parts}  ${handles} open files`;
}

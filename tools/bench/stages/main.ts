import { spawn } from "node:child_process";
import { mkdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { BUCKET, startFakeS3 } from "@camclips/testing/fake-s3";
import { countFrom, ffmpegOrExit, orUsage } from "../arguments.ts";
import { benchCamera, fullSize } from "../recordings.ts";
import { spread } from "../statistics.ts";
import type { Job, Taken } from "./worker.ts";

const HELP = `What each stage takes here for a clip of 60 s across two recordings (1080p, 3 Mbit/s), cut the smart way: wall time,
processor time, and the most memory with ffmpeg. The real stages, in a process of their own, with a small S3 beside it.

  npm run bench:stages
  npm run bench:stages -- --memory 2654 --under "sh /path/that/limits/processors.sh"

  --clips      how many are counted, after one that is not (9)
  --memory     MB of the function: says how many threads ffmpeg may have, 1 for each 1769 (2654)
  --under      a command that the process is started with, to give it the processors that Lambda gives to that memory
               (memory / 1769): systemd-run --scope -p CPUQuota=150% --
`;

const options = {
  clips: { type: "string", default: "9" },
  memory: { type: "string", default: "2654" },
  under: { type: "string", default: "" },
  help: { type: "boolean", default: false },
} as const;

async function main(): Promise<void> {
  const { help, under, ...counts } = orUsage(HELP, () => {
    const { clips, memory, ...rest } = parseArgs({ options }).values;
    return { ...rest, clips: countFrom("clips", clips), memoryMb: countFrom("memory", memory) };
  });
  if (help) return void process.stdout.write(HELP);
  const ffmpeg = await ffmpegOrExit();
  const root = join(tmpdir(), "camclips-bench");
  await mkdir(root, { recursive: true });
  const { recordings } = await benchCamera(root, { ...fullSize, seconds: 60 }, ffmpeg);
  await using origin = await startFakeS3();
  await using work = await startFakeS3();
  await using destination = await startFakeS3();
  for (const { path } of recordings)
    origin.objects.set(basename(path), { body: await readFile(path), etag: '"recording"', headers: {} });
  const job: Job = {
    ...counts,
    ffmpeg,
    bucket: BUCKET,
    stores: { origin: origin.endpoint, work: work.endpoint, destination: destination.endpoint },
    recordings: recordings.map(({ path, startMs, endMs }) => ({ name: basename(path), startMs, endMs })),
  };
  const clips = await workerDone(job, under.split(" ").filter(Boolean));
  process.stdout.write(`${tableOf(clips)}\n`);
}

/** The worker's answer: the stages of each clip. */
async function workerDone(job: Job, under: string[]): Promise<Taken[][]> {
  const worker = new URL("./worker.ts", import.meta.url).pathname;
  const [command = "", ...args] = [...under, process.execPath, worker, JSON.stringify(job)];
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`the worker ended with exit code ${code}`);
  return JSON.parse(output);
}

function tableOf(clips: Taken[][]): string {
  const stages = clips[0]?.map(({ stage }) => stage) ?? [];
  const rows = stages.map((stage, index) => {
    const of = (figure: (taken: Taken) => number) => spread(clips.flatMap((clip) => clip[index] ?? []).map(figure));
    const wall = of(({ wallMs }) => wallMs);
    const cells = [
      stage,
      wall.median,
      `${Math.round(wall.min)} to ${Math.round(wall.max)}`,
      of(({ cpuMs }) => cpuMs).median,
      of(({ peakBytes }) => peakBytes / 1e6).max,
    ];
    return cells.map((cell) => (typeof cell === "number" ? Math.round(cell).toLocaleString("en") : cell));
  });
  const head = ["stage", "ms", "from, to", "CPU ms", "most memory, MB"];
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

await main();

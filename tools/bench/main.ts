import { execFileSync } from "node:child_process";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { cpus, release, totalmem, type } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import type { Camera } from "@camclips/media/synthetic";
import { chosenFrom, countFrom, ffmpegOrExit, orUsage } from "./arguments.ts";
import { type Case, casesFor, type Footage, GOPS, isWithoutOld } from "./cases.ts";
import { chart } from "./chart.ts";
import { type Bench, measureWay } from "./measure-way.ts";
import { whyNotMeasured } from "./peers/peers.ts";
import { serveRanges } from "./range-server.ts";
import { benchCamera, FPS, fullSize, gopCamera, longCamera, quickSize } from "./recordings.ts";
import { type CaseResult, merged, type Results, type WayResult } from "./results.ts";
import { table } from "./table.ts";
import { PEERS, type Way } from "./work.ts";

const help = `Measures the old way of making clips against ours, on generated recordings.

  npm run bench -- [--quick] [--runs N] [--cases 20,60,300,length,gop] [--ways old,exact,smart,fast] [--peers] [--no-save]

  The table's "CPU s" is of the work in a process that runs already; "process CPU s" of a whole "camclips clip", start included.

  --quick    two recordings of one minute, small pictures; saves nothing
  --runs     how often each is measured (3)
  --cases    lengths of the clips to measure, seconds, or "length": 60 s of a short and of a long recording, or "gop": 60 s
             that begin between keyframes 2, 10 and 30 s apart, both without the old way; results of other cases are kept
  --ways     which ways to measure; only a run of all four is saved
  --peers    measures what others do, too: ffmpeg's concat demuxer, LosslessCut's runs of ffmpeg, mediabunny, and smartcut
             (pip install smartcut); saves nothing
  --no-save  leaves tools/bench/results.json and docs/bench.svg as they are
`;

const options = {
  quick: { type: "boolean", default: false },
  runs: { type: "string", default: "3" },
  cases: { type: "string" },
  ways: { type: "string", default: "old,exact,smart,fast" },
  peers: { type: "boolean", default: false },
  "no-save": { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;
const { values } = orUsage(help, () => parseArgs({ options }));

const top = new URL("../..", import.meta.url).pathname;
const root = join(top, ".camclips", "bench");
const ffmpeg = await ffmpegOrExit();

async function describeBench(camera: Camera): Promise<Omit<Results, "cases">> {
  const size = values.quick ? quickSize : fullSize;
  const { version } = process;
  const processor = cpus()[0]?.model ?? "unknown";
  const line = execFileSync(ffmpeg, ["-version"], { encoding: "utf8" }).split("\n")[0] ?? "";
  return {
    machine: {
      processor,
      cores: cpus().length,
      memoryBytes: totalmem(),
      system: `${type()} ${release()}`,
      node: version,
      ffmpeg: line.split(" ").slice(0, 3).join(" "),
    },
    recordings: {
      count: camera.recordings.length,
      seconds: size.seconds,
      width: size.width,
      height: size.height,
      fps: FPS,
      bytes: await Promise.all(camera.recordings.map(async ({ path }) => (await stat(path)).size)),
    },
  };
}

function chosenCases(seconds: number): Case[] {
  const all = casesFor(seconds, values.quick ? [4, 12, 30] : [20, 60, 300]);
  if (values.cases === undefined) return all;
  const ids = chosenFrom("cases", values.cases, [...new Set(all.map(({ id }) => id))]);
  return all.filter(({ id }) => ids.includes(id));
}

const WAYS: readonly Way[] = ["old", "exact", "smart", "fast"];

async function measureCase(bench: Bench, one: Case, chosen: Way[]): Promise<CaseResult> {
  const ways: WayResult[] = [];
  for (const way of chosen) {
    if (way === "old" && isWithoutOld(one)) continue;
    process.stderr.write(`${one.name}: ${way}\n`);
    ways.push(await measureWay(bench, one, way));
  }
  const { name, seconds } = one;
  return { name, seconds, measuredAt: new Date().toISOString(), runs: bench.runs, ways };
}

/** Results of other cases stay in the file; the chart shows all. */
async function save(results: Results): Promise<void> {
  const file = join(top, "tools", "bench", "results.json");
  const before = await readFile(file, "utf8").then(JSON.parse, () => undefined);
  const all = merged(before, results);
  await writeFile(file, `${JSON.stringify(all, null, 2)}\n`);
  await writeFile(join(top, "docs", "bench.svg"), chart(all));
}

async function measurablePeers(): Promise<Way[]> {
  const found: Way[] = [];
  for (const peer of PEERS) {
    const why = await whyNotMeasured(peer);
    if (why) process.stderr.write(`${why}\n`);
    else found.push(peer);
  }
  return found;
}

/** The recordings of all cases; those that take long are made for cases that need them. */
async function camerasFor(cases: readonly Case[], folder: string, pair: Camera): Promise<Map<Footage, Camera>> {
  const size = values.quick ? quickSize : fullSize;
  const cameras = new Map<Footage, Camera>([["pair", pair]]);
  const needs = (footage: Footage) => cases.find((one) => one.footage === footage);
  if (needs("long")) cameras.set("long", await longCamera(folder, pair, ffmpeg));
  for (const gop of GOPS) {
    const one = needs(`gop-${gop}`);
    if (one) cameras.set(one.footage, await gopCamera(folder, size, gop, one.seconds, ffmpeg));
  }
  return cameras;
}

async function main(): Promise<void> {
  if (values.help) return void process.stdout.write(help);
  await mkdir(root, { recursive: true });
  const size = values.quick ? quickSize : fullSize;
  const { cases, ways, runs } = orUsage(help, () => ({
    cases: chosenCases(size.seconds),
    ways: chosenFrom("ways", values.ways, WAYS),
    runs: countFrom("runs", values.runs),
  }));
  process.stderr.write("recordings: made on the first run, which takes some minutes, then kept\n");
  const pair = await benchCamera(root, size, ffmpeg);
  const folder = dirname(pair.recordings[0]?.path ?? root);
  const server = await serveRanges(folder);
  const cameras = await camerasFor(cases, folder, pair);
  const bench = { cameras, server, ffmpeg, root, runs };
  const results: Results = { ...(await describeBench(pair)), cases: [] };
  if (values.peers) ways.push(...(await measurablePeers()));
  const isSaved = !values.quick && !values["no-save"] && !values.peers && ways.length === WAYS.length;
  for (const one of cases) {
    results.cases.push(await measureCase(bench, one, ways));
    if (isSaved) await save(results);
  }
  server.close();
  process.stdout.write(`${table(results)}\n`);
}

await main();

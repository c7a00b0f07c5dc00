import { parseArgs } from "node:util";
import { createMediaEngine } from "@camclips/media/engine";
import { chosenFrom, countFrom, ffmpegOrExit, orUsage } from "../arguments.ts";
import { type Load, loadEmbedded } from "./embedded.ts";
import { loadEmulated } from "./emulated.ts";
import type { LoadResult, Quantiles } from "./load-result.ts";
import { stubEngine } from "./stub-engine.ts";

const HELP = `Load: many clips of 5 s asked for at once, until each has its terminal status; first the pipeline alone, with
rendering stubbed out, then with it.

  npm run bench:load                           on the embedded runtime, then on the AWS emulator (about three minutes)
  npm run bench:load -- --on embedded
  npm run bench:load -- --clips 1000 --rendered 50
  npm run bench:load -- --on embedded --at-once 1
  npm run bench:load -- --on embedded --at-once 1 --full-size --clips 1

  --on         embedded, emulator, or both, with a comma; the emulator needs Python 3.10 or newer with venv
  --clips      how many with rendering stubbed out (200; on the emulator 50)
  --rendered   how many with rendering (20)
  --at-once    how many are on their way at the same time on the embedded runtime (all of them)
  --before     how many clips the embedded runtime has made before (0)
  --full-size  clips of a minute out of recordings of 1080p, 3 Mbit/s, on the embedded runtime
  --json       for machines
`;

const options = {
  on: { type: "string", default: "embedded,emulator" },
  clips: { type: "string" },
  rendered: { type: "string", default: "20" },
  "at-once": { type: "string" },
  before: { type: "string" },
  "full-size": { type: "boolean", default: false },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

function readArguments() {
  const {
    on,
    clips,
    rendered,
    "at-once": atOnce,
    before,
    "full-size": isFullSize,
    ...flags
  } = parseArgs({ options }).values;
  return {
    ...flags,
    places: chosenFrom("on", on, ["embedded", "emulator"]),
    stubbed: clips === undefined ? undefined : countFrom("clips", clips),
    rendered: countFrom("rendered", rendered),
    atOnce: atOnce === undefined ? Number.POSITIVE_INFINITY : countFrom("at-once", atOnce),
    before: before === undefined ? 0 : countFrom("before", before),
    isFullSize,
  };
}

const ffmpeg = await ffmpegOrExit();
const engine = createMediaEngine({ ffmpeg, threads: 2, timeLimitMs: 60_000 });

type Loads = (
  stubbed: number | undefined,
  rendered: number,
  embedded: Omit<Load, "clips">,
) => Promise<[alone: LoadResult, whole: LoadResult]>;

const loads: Record<"embedded" | "emulator", Loads> = {
  embedded: async (stubbed = 200, rendered, options) => [
    await loadEmbedded({ clips: stubbed, ...options }, stubEngine, ffmpeg),
    await loadEmbedded({ clips: rendered, ...options }, engine, ffmpeg),
  ],
  emulator: async (stubbed = 50, rendered) => [
    await loadEmulated(stubbed, false, ffmpeg),
    await loadEmulated(rendered, true, ffmpeg),
  ],
};

async function main(): Promise<void> {
  const { help, json, places, stubbed, rendered, ...embedded } = orUsage(HELP, readArguments);
  if (help) return void process.stdout.write(HELP);
  const results: Record<string, LoadResult> = {};
  for (const place of places) {
    process.stderr.write(`${place} ...\n`);
    const [alone, whole] = await loads[place](stubbed, rendered, embedded);
    results[`${place}, pipeline alone`] = alone;
    results[`${place}, with rendering`] = whole;
  }
  process.stdout.write(json ? `${JSON.stringify(results, null, 2)}\n` : report(results));
}

function report(results: Record<string, LoadResult>): string {
  return `${Object.entries(results)
    .map(([name, result]) => section(name, result))
    .join("\n\n")}\n`;
}

function section(name: string, result: LoadResult): string {
  const { clips, clipsPerMinute, latencyMs, workMs, waitMs, eventsPerClip, stageMs, memoryMb } = result;
  const { cpuMsPerClip, filesPerClip } = result;
  const stages = Object.entries(stageMs).map(([stage, ms]) => `${stage} ${ms.toFixed(0)}`);
  return [
    `${name}: ${clips} clips, ${clipsPerMinute.toFixed(0)} a minute, ${eventsPerClip.toFixed(1)} events each`,
    `  message to published  ${line(latencyMs)}`,
    `    at work             ${line(workMs)}`,
    `    waiting             ${line(waitMs)}`,
    `  mean work, ms         ${stages.join(", ")}`,
    `  resident memory, MB   ${memoryMb.length > 0 ? memoryMb.join(", ") : "not known of an emulator that ran before"}`,
    ...(cpuMsPerClip === undefined ? [] : [`  processor time, ms    ${cpuMsPerClip.toFixed(1)} each, without ffmpeg`]),
    ...(filesPerClip === undefined ? [] : [`  files left            ${filesPerClip.toFixed(1)} each`]),
  ].join("\n");
}

function line({ p50, p95, p99 }: Quantiles): string {
  const cell = (ms: number) => `${ms.toLocaleString("en")} ms`.padStart(11);
  return `p50 ${cell(p50)}  p95 ${cell(p95)}  p99 ${cell(p99)}`;
}

await main();

import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { countFrom, ffmpegOrExit, orUsage } from "./arguments.ts";
import { benchCamera, fullSize, quickSize } from "./recordings.ts";
import { spread } from "./statistics.ts";
import { COMMAND_LINE, runWholeCommand } from "./whole-command.ts";

const help = `Says where the processor time of one whole "camclips clip" goes: 60 s across two generated recordings.

  npm run bench:profile -- [--quick] [--runs N] [--precision smart] [--program FILE]

  --quick      recordings of one minute, small pictures, and a clip of 12 s
  --runs       how often the command is run, after once that is not counted (5)
  --precision  smart (default), exact or fast
  --program    what is run (packages/cli/bin/camclips.js of this folder): name that of another checkout to compare
`;

const top = new URL("../..", import.meta.url).pathname;
const { values } = orUsage(help, () =>
  parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      runs: { type: "string", default: "5" },
      precision: { type: "string", default: "smart" },
      program: { type: "string", default: COMMAND_LINE },
      help: { type: "boolean", default: false },
    },
  }),
);

/** What a run of ffmpeg is for, by what only its arguments hold. */
const KINDS: readonly [name: string, sign: RegExp][] = [
  ["ffmpeg, asked what it is", /-version|-h long|-(encoders|decoders|filters|demuxers|muxers|bsfs)$/],
  ["ffmpeg, frames and audio encoded", / (libx264|aac) /],
  ["ffmpeg, thumbnails", / image2 /],
  ["ffmpeg, clip read back", / (rawvideo|s16le|framecrc) /],
];

interface TimedFfmpeg {
  program: string;
  log: string;
}

interface Part {
  name: string;
  seconds: number;
}

/** A stand-in for ffmpeg that writes down what each run of it cost. */
async function timedFfmpeg(folder: string, ffmpeg: string): Promise<TimedFfmpeg> {
  const [program, log] = [join(folder, "ffmpeg"), join(folder, "ffmpeg.log")];
  const script = `#!/bin/sh\n'${ffmpeg}' "$@"\ncode=$?\n{ echo "ran $*"; times; } >> '${log}'\nexit $code\n`;
  await writeFile(program, script, { mode: 0o755 });
  return { program, log };
}

/** `times` writes two lines, the second about children: 0m1.234s 0m0.250s. */
function partsIn(log: string): Part[] {
  return log
    .split(/^ran /m)
    .slice(1)
    .map((text) => {
      const lines = text.trimEnd().split("\n");
      const args = lines.slice(0, -2).join(" ");
      const seconds = [...(lines.at(-1) ?? "").matchAll(/(\d+)m([\d.]+)s/g)].map(
        ([, minutes, rest]) => 60 * Number(minutes) + Number(rest),
      );
      return {
        name: KINDS.find(([, sign]) => sign.test(args))?.[0] ?? `ffmpeg ${args}`,
        seconds: seconds.reduce((sum, one) => sum + one, 0),
      };
    });
}

/** The clip that is asked for: across the two recordings, into a GOP. */
function range(): { startMs: number; endMs: number } {
  const { seconds } = values.quick ? quickSize : fullSize;
  const length = values.quick ? 12 : 60;
  const startMs = Date.UTC(2018, 9, 31, 2, 50) + Math.round((seconds - length / 2 + 0.32) * 25) * 40;
  return { startMs, endMs: startMs + length * 1000 };
}

async function runOnce(root: string, recordings: string, { program, log }: TimedFfmpeg): Promise<Part[]> {
  const folder = await mkdtemp(join(root, "run-"));
  try {
    await rm(log, { force: true });
    const { program: commandLine, precision } = values;
    const places = { recordings, camera: "bench", folder, cache: join(folder, "..", "cache") };
    const whole = await runWholeCommand({ ...range(), ...places, program: commandLine, precision, ffmpeg: program });
    const parts = partsIn(await readFile(log, "utf8"));
    const node = whole - parts.reduce((sum, { seconds }) => sum + seconds, 0);
    return [{ name: "whole process", seconds: whole }, { name: "node", seconds: node }, ...parts];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function row(name: string, runs: readonly Part[][]): string {
  const own = runs.map((parts) => parts.filter((part) => part.name === name).map(({ seconds }) => seconds));
  const { median, min, max } = spread(own.map((all) => all.reduce((sum, one) => sum + one, 0)));
  const times = own[0]?.length ?? 0;
  const text = (seconds: number) => seconds.toFixed(2).padStart(6);
  return `${text(median)} ${text(min)} ${text(max)}  ${name}${times > 1 ? ` (${times} runs)` : ""}`;
}

async function main(): Promise<void> {
  if (values.help) return void process.stdout.write(help);
  const count = orUsage(help, () => countFrom("runs", values.runs));
  const root = join(top, ".camclips", "bench");
  await mkdir(root, { recursive: true });
  const ffmpeg = await ffmpegOrExit();
  const camera = await benchCamera(root, values.quick ? quickSize : fullSize, ffmpeg);
  const recordings = dirname(camera.recordings[0]?.path ?? root);
  const folder = await mkdtemp(join(root, "profile-"));
  const runs: Part[][] = [];
  try {
    const timed = await timedFfmpeg(folder, ffmpeg);
    for (let run = 0; run <= count; run++) {
      const parts = await runOnce(folder, recordings, timed);
      if (run > 0) runs.push(parts);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const names = new Set(runs.flatMap((parts) => parts.map(({ name }) => name)));
  process.stdout.write(
    `CPU s: median, least, most of ${count} runs\n${[...names].map((name) => row(name, runs)).join("\n")}\n`,
  );
}

await main();

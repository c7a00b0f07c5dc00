import { type ChildProcess, spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { testFfmpeg } from "../ffmpeg.ts";

const MAIN = fileURLToPath(new URL("../../../cli/src/main.ts", import.meta.url));

export interface CliResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface CliOptions {
  cwd: string;
  env?: Record<string, string>;
  input?: string;
}

/** Nothing of the tester's own environment but what finds programs; one small thumbnail is quick to make. */
const CLEAN = {
  PATH: process.env.PATH ?? "",
  HOME: "/nonexistent",
  FFMPEG_BIN: testFfmpeg,
  THUMBNAIL_SIZES: "80",
};

export function startCli(args: readonly string[], { cwd, env = {}, input = "" }: CliOptions) {
  const child: ChildProcess = spawn(process.execPath, [MAIN, ...args], { cwd, env: { ...CLEAN, ...env } });
  child.stdin?.end(input);
  const code = new Promise<number | null>((resolve) => child.once("close", resolve));
  const out = [child.stdout, child.stderr].map((stream) => (stream ? text(stream) : Promise.resolve("")));
  const ended = Promise.all([code, ...out]).then(
    ([code, stdout, stderr]): CliResult => ({ code: code as number | null, stdout: `${stdout}`, stderr: `${stderr}` }),
  );
  return { child, ended };
}

/** Environment of a process whose clock is ahead, as if it were run so much later. */
export const later = (ms: number): Record<string, string> => ({
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(`const now=Date.now;Date.now=()=>now()+${ms};`)}`,
});

/** Runs `camclips` as its users do: as a process of its own. */
export const runCli = (args: readonly string[], options: CliOptions): Promise<CliResult> =>
  startCli(args, options).ended;

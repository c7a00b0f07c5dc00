import { type ChildProcess, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { FfmpegError, FfmpegMissingError } from "./errors.ts";
import { readLines, Tail } from "./output.ts";
import { endGroup, trackGroup } from "./process-group.ts";

const LOG_CHARACTERS = 32_000;
const PROGRESS_PIPE = 3;

export interface FfmpegRun {
  /** Path or name of the program. */
  ffmpeg: string;
  /** Arguments after `-nostdin -hide_banner`; never seen by a shell. */
  args: readonly string[];
  cwd?: string;
  signal?: AbortSignal;
  /** The whole group is killed after this time, and the run fails. */
  timeLimitMs?: number;
  /** Called about twice a second with the seconds of output written so far. */
  onProgress?: (seconds: number) => void;
  /** What ffmpeg reads from `pipe:0`. */
  input?: AsyncIterable<Uint8Array>;
  /** Takes what ffmpeg writes to `pipe:1`, and is awaited before more is read. */
  onOutput?: (chunk: Uint8Array) => void | Promise<void>;
}

/**
 * Runs ffmpeg once, in its own process group.
 * @returns the end of what it logged, at most 32000 characters.
 * @throws FfmpegMissingError when there is no such program, FfmpegError when it fails or exceeds its time limit, and the
 * signal's reason when it was aborted. By then the process group has ended.
 */
export async function runFfmpeg(run: FfmpegRun): Promise<string> {
  run.signal?.throwIfAborted();
  const child = start(run);
  const log = new Tail(LOG_CHARACTERS);
  let stopped: "aborted" | "late" | undefined;
  const stop = (why: "aborted" | "late") => {
    stopped ??= why;
    endGroup(child);
  };
  const onAbort = () => stop("aborted");
  run.signal?.addEventListener("abort", onAbort, { once: true });
  const timer = run.timeLimitMs === undefined ? undefined : setTimeout(() => stop("late"), run.timeLimitMs);
  try {
    const outcome = await attend(child, run, log);
    if (stopped === "aborted") throw run.signal?.reason;
    if (stopped === "late") throw failure(`ffmpeg took longer than ${run.timeLimitMs} ms`, run, outcome, log);
    if (outcome.exitCode !== 0) throw failure(describe(outcome), run, outcome, log);
    return log.text();
  } finally {
    clearTimeout(timer);
    run.signal?.removeEventListener("abort", onAbort);
  }
}

interface Outcome {
  exitCode: number | null;
  exitSignal: NodeJS.Signals | null;
}

function start(run: FfmpegRun): ChildProcess {
  const args = ["-nostdin", "-hide_banner", "-nostats", "-stats_period", "0.5", "-progress", `pipe:${PROGRESS_PIPE}`];
  const child = spawn(run.ffmpeg, [...args, ...run.args], {
    cwd: run.cwd,
    detached: true,
    stdio: [run.input ? "pipe" : "ignore", run.onOutput ? "pipe" : "ignore", "pipe", "pipe"],
  });
  trackGroup(child);
  return child;
}

/** Feeds and drains all pipes until the process has ended. A callback that throws ends it, and its error goes on. */
async function attend(child: ChildProcess, run: FfmpegRun, log: Tail): Promise<Outcome> {
  const ended = new Promise<Outcome>((resolve, reject) => {
    child.once("error", (error: NodeJS.ErrnoException) => {
      const missing = ["ENOENT", "EACCES", "ENOEXEC", "ENOTDIR"].includes(error.code ?? "");
      reject(missing ? new FfmpegMissingError(run.ffmpeg, { cause: error }) : error);
    });
    child.once("close", (exitCode, exitSignal) => resolve({ exitCode, exitSignal }));
  });
  const pipes = [
    drain(child.stderr, (chunk) => log.add(chunk)),
    drain(child.stdio[PROGRESS_PIPE] as Readable | null, readLines(progressLine(run.onProgress))),
    run.onOutput ? drain(child.stdout, run.onOutput) : undefined,
    run.input ? feed(run.input, child.stdin) : undefined,
  ];
  const failed = Promise.all(pipes).then(() => ended);
  try {
    return await Promise.race([failed, ended.then(() => failed)]);
  } catch (error) {
    endGroup(child);
    await ended.catch(() => {});
    throw error;
  }
}

async function drain(stream: Readable | null, use: (chunk: Uint8Array) => void | Promise<void>): Promise<void> {
  if (stream === null) return;
  for await (const chunk of stream) await use(chunk);
}

/** ffmpeg closes its input when it has enough: not an error of ours. Its own exit code says whether it was content. */
async function feed(input: AsyncIterable<Uint8Array>, stdin: Writable | null): Promise<void> {
  if (stdin === null) return;
  try {
    await pipeline(input, stdin);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EPIPE" && code !== "ERR_STREAM_PREMATURE_CLOSE" && code !== "ECONNRESET") throw error;
  }
}

function progressLine(onProgress: FfmpegRun["onProgress"]): (line: string) => void {
  return (line) => {
    const microseconds = /^out_time_us=(\d+)/.exec(line)?.[1];
    if (microseconds !== undefined) onProgress?.(Number(microseconds) / 1e6);
  };
}

function describe({ exitCode, exitSignal }: Outcome): string {
  return exitSignal === null ? `ffmpeg failed with exit code ${exitCode}` : `ffmpeg was killed by ${exitSignal}`;
}

function failure(message: string, run: FfmpegRun, outcome: Outcome, log: Tail): FfmpegError {
  return new FfmpegError(message, { ...outcome, args: run.args, log: log.text() });
}

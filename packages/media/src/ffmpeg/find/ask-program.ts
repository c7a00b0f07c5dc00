import { spawn } from "node:child_process";
import { endGroup, trackGroup } from "../process-group.ts";

/** Longest list that ffmpeg prints: 60 kB. A program that prints for ever is stopped here. */
const MOST_CHARACTERS = 4_000_000;

/** What a short run of an unknown program came to. */
export interface Answer {
  stdout: string;
  stderr: string;
  exitCode: number | null;
  exitSignal: NodeJS.Signals | null;
  /** The system's reason why it could not be started. */
  startError?: string | undefined;
  /** It was ended by us: it took too long, or printed too much. */
  stopped?: "late" | "endless" | undefined;
}

/** Runs a program that may be anything: without input, in a process group of its own, for a limited time. Never throws. */
export function askProgram(path: string, args: readonly string[], timeLimitMs: number): Promise<Answer> {
  return new Promise((resolve) => {
    const answer: Answer = { stdout: "", stderr: "", exitCode: null, exitSignal: null };
    const child = spawn(path, args, { detached: true, stdio: ["ignore", "pipe", "pipe"] });
    trackGroup(child);
    const stop = (why: "late" | "endless") => {
      answer.stopped ??= why;
      endGroup(child);
    };
    const timer = setTimeout(() => stop("late"), timeLimitMs);
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text: string) => {
        if (answer[name].length < MOST_CHARACTERS) answer[name] += text;
        else stop("endless");
      });
    }
    const end = (more: Partial<Answer>) => {
      clearTimeout(timer);
      resolve({ ...answer, ...more });
    };
    child.once("error", ({ code, message }: NodeJS.ErrnoException) => end({ startError: code ?? message }));
    child.once("close", (exitCode, exitSignal) => end({ exitCode, exitSignal }));
  });
}

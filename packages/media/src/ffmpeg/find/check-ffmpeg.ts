import { stat } from "node:fs/promises";
import { arch } from "node:os";
import { type Answer, askProgram } from "./ask-program.ts";
import { type CheckedProgram, passedJustNow, rememberAsGood, rememberedAsGood } from "./checked-before.ts";
import { type Kind, kinds, listArguments, missingIn, OLDEST_VERSION, readVersion } from "./requirements.ts";

/** A cold disk may take seconds to give 120 MB of program. */
const TIME_LIMIT_MS = 15_000;

export interface CheckOptions {
  timeLimitMs?: number;
  /** Where programs that passed are remembered; undefined: nowhere. */
  memory?: string | undefined;
}

/**
 * Looks whether a program is an ffmpeg that can do what the engine asks for. It takes no process for a program that
 * has passed within a day, one short one for a program that has passed before, eight otherwise.
 * @returns undefined when it can; else what is wrong, as a predicate of its path: `is FFmpeg 4.4.2; ...`.
 */
export async function whatIsWrongWith(path: string, options: CheckOptions = {}): Promise<string | undefined> {
  const { timeLimitMs = TIME_LIMIT_MS, memory } = options;
  const info = await stat(path).catch((error: NodeJS.ErrnoException) => error);
  if (info instanceof Error) return info.code === "ENOENT" ? "is not there" : `cannot be looked at (${info.code})`;
  if (info.isDirectory()) return "is a directory";
  const file = { path, size: info.size, mtimeMs: info.mtimeMs };
  if (await passedJustNow(file, memory)) return undefined;
  const answer = await askProgram(path, ["-version"], timeLimitMs);
  if (!isFine(answer)) return failure(path, answer);
  const version = readVersion(answer.stdout);
  if (!version) return `is no ffmpeg: it ${sayings(answer.stdout)}`;
  if (version.tooOld) return `is FFmpeg ${version.text}; ${OLDEST_VERSION} or newer is needed`;
  const program: CheckedProgram = { ...file, version: version.text };
  const isKnown = await rememberedAsGood(program, memory);
  const wrong = isKnown ? undefined : await whatItLacks(path, version.text, timeLimitMs);
  if (wrong === undefined) await rememberAsGood(program, memory);
  return wrong;
}

/** Only that it starts and says it is ffmpeg: for a place where it was checked before it was put there. */
export async function whyItDoesNotRun(path: string, timeLimitMs = TIME_LIMIT_MS): Promise<string | undefined> {
  const answer = await askProgram(path, ["-version"], timeLimitMs);
  if (!isFine(answer)) return failure(path, answer);
  return readVersion(answer.stdout) ? undefined : `is no ffmpeg: it ${sayings(answer.stdout)}`;
}

/** As it says itself. @throws Error when it does not run. */
export async function ffmpegVersion(path: string): Promise<string> {
  const answer = await askProgram(path, ["-version"], TIME_LIMIT_MS);
  const version = isFine(answer) ? readVersion(answer.stdout) : undefined;
  if (!version) throw new Error(`${path} ${await failure(path, answer)}`);
  return version.text;
}

async function whatItLacks(path: string, version: string, timeLimitMs: number): Promise<string | undefined> {
  const answers = await Promise.all(
    kinds.map(
      async (kind): Promise<[Kind, Answer]> => [kind, await askProgram(path, listArguments(kind), timeLimitMs)],
    ),
  );
  for (const [, answer] of answers) if (!isFine(answer)) return failure(path, answer);
  const lacks = answers.flatMap(([kind, { stdout }]) => {
    const missing = missingIn(kind, stdout);
    return missing.length === 0 ? [] : [`${kind} ${missing.join(", ")}`];
  });
  return lacks.length === 0 ? undefined : `is FFmpeg ${version}, but lacks ${lacks.join("; ")}`;
}

const isFine = ({ startError, stopped, exitCode }: Answer): boolean => !startError && !stopped && exitCode === 0;

async function failure(path: string, answer: Answer): Promise<string> {
  const { startError, stopped, exitCode, exitSignal, stderr } = answer;
  if (stopped === "late") return "does not answer";
  if (stopped === "endless") return "does not stop printing";
  if (startError === "EACCES") return "may not be run (no permission to execute it)";
  const foreign = await whyForeign(path);
  if (foreign) return foreign;
  if (startError) return `does not run (${startError})`;
  if (exitSignal) return `does not run (killed by ${exitSignal})`;
  const last = stderr.trim().split("\n").at(-1) ?? "";
  return `does not run (exit code ${exitCode}${last ? `: ${short(last)}` : ""})`;
}

/** The shell takes up what the system cannot run, and says odd things about it. */
async function whyForeign(path: string): Promise<string | undefined> {
  const { readExecutable } = await import("./executable.ts");
  const { format, processor } = await readExecutable(path).catch(() => ({ format: "unknown", processor: undefined }));
  if (format === "Mach-O" && process.platform !== "darwin") return "is a program for macOS";
  if (format === "ELF" && process.platform === "darwin") return "is a program for Linux";
  if (processor === undefined || processor === arch()) return undefined;
  return `is built for ${processor}, and this machine is ${arch()}`;
}

function sayings(stdout: string): string {
  const first = stdout.trim().split("\n")[0] ?? "";
  return first ? `says "${short(first)}"` : "prints nothing";
}

function short(text: string): string {
  // Whatever a strange program prints must not reach a terminal as it is.
  return text.replace(/[^\x20-\x7e]/g, "?").slice(0, 100);
}

import { CommanderError } from "commander";
import { exitCodes, UsageError } from "./exit-codes.ts";
import { failures, refusals } from "./file-errors.ts";
import { createProgram } from "./program.ts";
import { stopping } from "./stopping.ts";

function fail(error: unknown): never {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? exitCodes.ok : exitCodes.usage);
  const { path, stack, message } = error as NodeJS.ErrnoException;
  const code = codeOf(error as NodeJS.ErrnoException);
  const where = path ? `: ${path}` : "";
  const known = failures[code] ?? refusals[code];
  // Known by its name, so that its package is not loaded for commands that read no configuration.
  const isTold = error instanceof UsageError || (error as Error).name === "ConfigError";
  const text = isTold ? message : known ? `${known}${where}` : (stack ?? String(error));
  process.stderr.write(`camclips: ${text}\n`);
  process.exit(isTold || known ? exitCodes.usage : exitCodes.unexpected);
}

/** What ran out for ffmpeg stands in its last lines. */
function codeOf({ code = "", message }: NodeJS.ErrnoException): string {
  return /\bNo space left on device\b/.test(message) ? "ENOSPC" : code;
}

/**
 * A terminal sends Ctrl-C to all of its processes, a service manager SIGTERM, and a launcher hands its own over: what comes within
 * this time of the first is the same wish, and ends nothing that is being ended already.
 */
const ONE_WISH_MS = 1000;
let askedMs: number | undefined;

function stop(end: () => never): void {
  if (askedMs !== undefined && performance.now() - askedMs < ONE_WISH_MS) return;
  if (!stopping.run || askedMs !== undefined) end();
  askedMs = performance.now();
  stopping.run();
}

process.on("uncaughtException", fail);
process.on("SIGINT", () =>
  stop(() => {
    process.stderr.write("\ncamclips: stopped; the same command takes up the work again\n");
    process.exit(exitCodes.interrupted);
  }),
);
process.on("SIGTERM", () => stop(() => process.exit(143)));
// A reader that has seen enough (`| head`) is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(process.exitCode ?? exitCodes.ok);
  throw error;
});

await createProgram().parseAsync().catch(fail);

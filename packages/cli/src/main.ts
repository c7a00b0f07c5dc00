#!/usr/bin/env node
import { CommanderError } from "commander";
import { exitCodes, UsageError } from "./exit-codes.ts";
import { createProgram } from "./program.ts";

/** What the file system says, in words that help. */
const ADVICE: Record<string, string> = {
  ENOSPC: "the disk is full: free some space and run the same command again, it goes on where it stopped",
  EDQUOT: "the disk quota is used up: free some space and run the same command again, it goes on where it stopped",
  EFBIG: "a file became larger than this system allows",
  EACCES: "no permission",
  EPERM: "no permission",
  EROFS: "the file system is read-only",
};

function fail(error: unknown): never {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? exitCodes.ok : exitCodes.usage);
  if (error instanceof UsageError) {
    process.stderr.write(`camclips: ${error.message}\n`);
    process.exit(exitCodes.usage);
  }
  const { code = "", path, stack } = error as NodeJS.ErrnoException;
  const advice = ADVICE[code];
  const message = advice ? `${advice}${path ? ` (${path})` : ""}` : (stack ?? String(error));
  process.stderr.write(`camclips: ${message}\n`);
  process.exit(exitCodes.unexpected);
}

process.on("uncaughtException", fail);
process.on("SIGINT", () => {
  process.stderr.write("\ncamclips: stopped; the same command takes up the work again\n");
  process.exit(exitCodes.interrupted);
});
process.on("SIGTERM", () => process.exit(143));
// A reader that has seen enough (`| head`) is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(process.exitCode ?? exitCodes.ok);
  throw error;
});

await createProgram().parseAsync().catch(fail);

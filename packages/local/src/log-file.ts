import { appendFileSync, mkdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "@camclips/functions";

/** In a runtime's state folder, and what was in it before it had become too large. */
export const LOG_FILES = { current: "log.jsonl", before: "log.1.jsonl" };

const LARGEST_BYTES = 8 << 20;

/** How often the size is looked at, in lines. */
const LOOK_EVERY = 100;

/** The log of a runtime: one JSON line each, with the names that the functions on AWS give their fields. */
export function createLogFile(folder: string, now: () => number = Date.now): Log {
  const path = join(folder, LOG_FILES.current);
  let lines = 0;
  const write = (level: string, message: string, fields: Record<string, unknown> = {}) => {
    try {
      if (lines % LOOK_EVERY === 0) rotate(folder, path);
      lines += 1;
      const line = { level, message, timestamp: new Date(now()).toISOString(), ...fields };
      appendFileSync(path, `${JSON.stringify(line, plain)}\n`);
    } catch {
      // A full disk is told by what fails for it; the log must not be the first.
    }
  };
  return {
    info: (message, fields) => write("INFO", message, fields),
    warn: (message, fields) => write("WARN", message, fields),
    error: (message, fields) => write("ERROR", message, fields),
  };
}

function rotate(folder: string, path: string): void {
  mkdirSync(folder, { recursive: true });
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LARGEST_BYTES) renameSync(path, join(folder, LOG_FILES.before));
}

/** Errors have no fields of their own that JSON would show. */
const plain = (_: string, value: unknown): unknown =>
  value instanceof Error ? { name: value.name, message: value.message, stack: value.stack } : value;

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { LOG_FILES } from "@camclips/local";
import { isThere, stateFilesIn } from "../desk/state-files.ts";
import { type LogLine, readLine } from "./log-line.ts";

/** The lines of every pipeline below a state folder since then, the oldest first. */
export async function localLines(state: string, sinceMs: number): Promise<LogLine[]> {
  const files = stateFilesIn(state).flatMap((path) =>
    [LOG_FILES.before, LOG_FILES.current].map((name) => join(dirname(path), name)).filter(isThere),
  );
  const lines = files.flatMap((path) => readFileSync(path, "utf8").split("\n"));
  return lines
    .flatMap((line) => readLine(line, "", 0) ?? [])
    .filter(({ atMs }) => atMs >= sinceMs)
    .sort((a, b) => a.atMs - b.atMs);
}

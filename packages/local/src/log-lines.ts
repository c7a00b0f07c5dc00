import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isWanted, type LogLine, readLine, type WantedLines } from "@camclips/functions";
import { isCode } from "./files.ts";
import { LOG_FILES } from "./log-file.ts";

const TIME = /"timestamp":"([^"]+)"/;

/** What a runtime wrote into the log of its state folder, the oldest first. */
export async function linesIn(folder: string, wanted: WantedLines): Promise<LogLine[]> {
  const texts = await Promise.all([LOG_FILES.before, LOG_FILES.current].map((name) => textOf(join(folder, name))));
  const since = new Date(wanted.sinceMs).toISOString();
  // Most of a full log is not wanted: to read it as JSON would take a second.
  const mayBe = (line: string) =>
    (TIME.exec(line)?.[1] ?? since) >= since && (wanted.clipId === undefined || line.includes(wanted.clipId));
  return texts
    .flatMap((text) => text.split("\n").filter(mayBe))
    .flatMap((line) => readLine(line, "", 0) ?? [])
    .filter((line) => isWanted(line, wanted));
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isCode(error, "ENOENT")) return "";
    throw error;
  }
}

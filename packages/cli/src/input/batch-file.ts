import { readFile } from "node:fs/promises";
import { text as readAll } from "node:stream/consumers";
import { choiceNames, choices } from "@camclips/events";
import { UsageError } from "../exit-codes.ts";
import { parseDuration, readInstant, type ZoneOf } from "./instant.ts";
import type { Chosen } from "./request-options.ts";

/** One clip of a batch. */
export interface BatchClip extends Chosen {
  line: number;
  camera: string;
  start: number;
  end: number;
  clipId: string | undefined;
  title: string | undefined;
}

/** Problems that are told at once. */
const MOST = 20;

/**
 * Reads clips from JSON lines, or from CSV whose first line names the columns: camera, start, end or duration; clipId, title and
 * the choices of a request are optional.
 * @param file `-` for stdin.
 * @throws UsageError that lists every line that is none.
 */
export async function readBatch(file: string, zone: ZoneOf, camera: string | undefined): Promise<BatchClip[]> {
  const content = file === "-" ? await readAll(process.stdin) : await readFile(file, "utf8").catch(unreadable(file));
  const rows = rowsOf(content);
  const problems: string[] = [];
  const clips: BatchClip[] = [];
  for (const { line, fields } of rows) {
    try {
      clips.push(clipOf(line, { camera, ...fields }, zone));
    } catch (error) {
      problems.push(`  line ${line}: ${(error as Error).message}`);
    }
  }
  if (problems.length > 0)
    throw new UsageError(
      [`${file}: ${problems.length} of ${rows.length} lines are no clips`, ...problems.slice(0, MOST)].join("\n"),
    );
  if (clips.length === 0) throw new UsageError(`${file} holds no clips`);
  return clips;
}

interface FileRow {
  line: number;
  fields: Record<string, unknown>;
}

function rowsOf(content: string): FileRow[] {
  const lines = content.split(/\r?\n/).map((text, index) => ({ line: index + 1, text: text.trim() }));
  const filled = lines.filter(({ text }) => text !== "" && !text.startsWith("#"));
  const [first] = filled;
  if (!first) return [];
  if (first.text.startsWith("{")) return filled.map(({ line, text }) => ({ line, fields: parsedLine(text) }));
  const names = cellsOf(first.text);
  return filled.slice(1).map(({ line, text }) => {
    const cells = cellsOf(text);
    const fields = names.flatMap((name, index) => (cells[index] ? [[name, cells[index]]] : []));
    return { line, fields: Object.fromEntries(fields) };
  });
}

/** What is wrong with it is told with its line. */
function parsedLine(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch {
    return { json: text };
  }
}

/** RFC 4180, without line breaks in cells. */
function cellsOf(line: string): string[] {
  const cells = line.matchAll(/(?:^|,)\s*(?:"((?:[^"]|"")*)"|([^,]*))/g);
  return [...cells].map(([, quoted, plain = ""]) => quoted?.replaceAll('""', '"') ?? plain.trim());
}

function clipOf(line: number, fields: Record<string, unknown>, zone: ZoneOf): BatchClip {
  if ("json" in fields) throw new Error("it is neither JSON nor CSV");
  const text = (name: string) => (fields[name] === undefined ? undefined : String(fields[name]));
  const camera = text("camera") ?? text("cameraId");
  const start = text("start");
  const end = text("end");
  const duration = text("duration");
  if (!camera) throw new Error("camera is missing (or give --camera)");
  if (!start) throw new Error("start is missing");
  const startMs = readInstant(start, zone);
  if (!end && !duration) throw new Error("end or duration is missing");
  const endMs = end ? readInstant(end, zone) : startMs + parseDuration(duration ?? "");
  if (endMs <= startMs) throw new Error("its end is not after its start");
  const chosen = Object.fromEntries(
    choiceNames.flatMap((name) => (text(name) ? [[name, choices[name].parse(text(name))]] : [])),
  );
  return { line, camera, start: startMs, end: endMs, clipId: text("clipId"), title: text("title"), ...chosen };
}

const unreadable = (file: string) => (error: NodeJS.ErrnoException) => {
  throw new UsageError(`cannot read ${file}: ${error.code === "ENOENT" ? "there is no such file" : error.message}`);
};

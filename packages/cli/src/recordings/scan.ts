import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type NameRules, recordingStartMs } from "@camclips/core/recording-name";
import { fileSource, readMovie } from "@camclips/mp4";
import { VIDEO } from "@camclips/recordings/video";
import { UsageError } from "../exit-codes.ts";
import { refusals } from "../file-errors.ts";
import { filesOf } from "./named-cameras.ts";

/** A video file of one camera and when it starts. */
export interface FoundRecording {
  name: string;
  path: string;
  startMs: number;
}

export interface Scan {
  /** In time order. */
  recordings: FoundRecording[];
  /** Files that were left out, because nothing says when they start. */
  leftOut: string[];
}

/**
 * Finds a camera's recordings in a folder. A start comes from `starts`, else from a name as the contract has it, else, in
 * a folder without such names, from the creation_time that the file carries; then the files' other words tell the camera.
 * @throws UsageError for a folder that is missing or empty, a camera that is not in it, a start that nobody knows.
 */
export async function scanFolder(
  folder: string,
  camera: string,
  starts: ReadonlyMap<string, number>,
  rules: NameRules,
): Promise<Scan> {
  const names = await videosIn(folder);
  const given = new Map([...starts].map(([file, startMs]) => [known(basename(file), names, folder), startMs]));
  const named = new Map(names.map((name) => [name, nameOf(name, rules)]));

  const found = names.flatMap((name): FoundRecording[] => {
    // File systems spell letters such as "ü" in two ways.
    const fromName = named.get(name)?.alias.normalize() === camera.normalize() ? named.get(name)?.startMs : undefined;
    const startMs = given.get(name) ?? fromName;
    return startMs === undefined ? [] : [{ name, path: join(folder, name), startMs }];
  });
  const unknown = names.filter((name) => !given.has(name) && !named.get(name));
  if (found.length > 0) return { recordings: inOrder(found), leftOut: unknown };

  const cameras = new Set([...named.values()].flatMap((entry) => entry?.alias ?? []));
  if (cameras.size > 0) {
    throw new UsageError(
      `no recordings of camera "${camera}" in ${folder}; it holds: ${[...cameras].sort().join(", ")}`,
    );
  }
  const own = filesOf(camera, unknown);
  if (own.others) throw unclearCamera(camera, folder, own.others);
  return { recordings: inOrder(await byCreationTime(folder, own.names)), leftOut: [] };
}

function unclearCamera(camera: string, folder: string, others: readonly string[]): UsageError {
  return new UsageError(
    [
      `no recordings of camera "${camera}" in ${folder}: their names hold no time, and tell these cameras apart: ${others.slice(0, 8).join(", ")}`,
      "  Name one of them with --camera, or say when each recording of yours starts with --starts FILE=TIME.",
    ].join("\n"),
  );
}

async function videosIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(unreadable(folder, error));
  });
  const names: string[] = [];
  for (const entry of entries) {
    if (!VIDEO.test(entry.name) || entry.name.startsWith(".")) continue;
    const isLinked = async () => (await stat(join(folder, entry.name)).catch(() => undefined))?.isFile() ?? false;
    if (entry.isFile() || (entry.isSymbolicLink() && (await isLinked()))) names.push(entry.name);
  }
  names.sort();
  if (names.length === 0) {
    throw new UsageError(`no recordings (*.mp4) in ${folder}: folders in it are not looked into`);
  }
  return names;
}

function unreadable(folder: string, { code = "", message }: NodeJS.ErrnoException): string {
  if (code === "ENOENT") return `there is no folder "${folder}"`;
  if (code === "ENOTDIR") return `"${folder}" is a file: name the folder that it is in, "${dirname(folder)}"`;
  return `cannot read the folder "${folder}": ${refusals[code] ?? message}`;
}

/** Both formats of the contract count, whichever the settings say: a folder may hold old and new recordings. */
function nameOf(name: string, rules: NameRules): { alias: string; startMs: number } | undefined {
  const { OLD_FILE_FORMAT } = rules;
  const startMs =
    recordingStartMs(name, rules) ?? recordingStartMs(name, { ...rules, OLD_FILE_FORMAT: !OLD_FILE_FORMAT });
  const parts = name.split(".").slice(0, -2);
  if (startMs === undefined || parts.length === 0) return undefined;
  const alias = (parts.length > 1 && parts.at(-1) === "stream" ? parts.slice(0, -1) : parts).join(".");
  return { alias, startMs };
}

function known(file: string, names: readonly string[], folder: string): string {
  if (names.includes(file)) return file;
  const some = names.slice(0, 5).join(", ");
  throw new UsageError(
    `--starts names "${file}", which is not in ${folder}: ${some}${names.length > 5 ? ", ..." : ""}`,
  );
}

async function byCreationTime(folder: string, names: readonly string[]): Promise<FoundRecording[]> {
  const recordings = await Promise.all(
    names.map(async (name) => ({ name, path: join(folder, name), startMs: await creationTimeMs(join(folder, name)) })),
  );
  const without = recordings.filter(({ startMs }) => startMs === undefined).map(({ name }) => name);
  if (without.length === 0) return recordings as FoundRecording[];
  throw new UsageError(
    [
      `nothing says when ${without.length === 1 ? "this recording starts" : "these recordings start"}: ${without.slice(0, 5).join(", ")}${without.length > 5 ? `, and ${without.length - 5} more` : ""}`,
      "  their names hold no time (camera.stream.20181031T025200051.mp4), and they carry no creation_time.",
      `  Say it with --starts FILE=TIME, for example --starts ${without[0]}=2018-10-31T02:52:00.051Z`,
    ].join("\n"),
  );
}

async function creationTimeMs(path: string): Promise<number | undefined> {
  try {
    await using source = await fileSource(path);
    return (await readMovie(source, path)).creationTimeMs;
  } catch {
    // What is wrong with the file is the pipeline's to say, once its start is known.
    return undefined;
  }
}

const inOrder = (recordings: FoundRecording[]): FoundRecording[] => recordings.sort((a, b) => a.startMs - b.startMs);

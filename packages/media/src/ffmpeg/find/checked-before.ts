import { createHash } from "node:crypto";
import { mkdir, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { requirements } from "./requirements.ts";

/** What must be the same for a program to be the one that was checked. */
export interface CheckedProgram {
  path: string;
  size: number;
  mtimeMs: number;
  version: string;
}

/** The user's cache folder (XDG base directory specification). */
export function memoryFolder({ XDG_CACHE_HOME }: NodeJS.ProcessEnv): string {
  return join(XDG_CACHE_HOME || join(homedir(), ".cache"), "camclips");
}

/** One empty file per program that passed: nothing to parse, nothing to lock. */
function markOf(program: CheckedProgram, folder: string): string {
  const hash = createHash("sha256").update(JSON.stringify([program, requirements]));
  return join(folder, `ffmpeg-${hash.digest("hex").slice(0, 20)}.good`);
}

export async function rememberedAsGood(program: CheckedProgram, folder: string | undefined): Promise<boolean> {
  return folder !== undefined && (await stat(markOf(program, folder)).catch(() => undefined)) !== undefined;
}

/** Best effort: where nothing can be written, the next command checks again. */
export async function rememberAsGood(program: CheckedProgram, folder: string | undefined): Promise<void> {
  if (folder === undefined) return;
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(markOf(program, folder), "");
  } catch {
    // A read-only or missing home.
  }
}

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

/** For so long a program that has not changed is not even started: what it is linked with may have changed since. */
const FRESH_MS = 24 * 3600_000;

/** Empty files per program that passed: nothing to parse, nothing to lock. */
function markOf(program: Omit<CheckedProgram, "version"> & Partial<CheckedProgram>, folder: string): string {
  const hash = createHash("sha256").update(JSON.stringify([program, requirements]));
  return join(folder, `ffmpeg-${hash.digest("hex").slice(0, 20)}.good`);
}

export async function rememberedAsGood(program: CheckedProgram, folder: string | undefined): Promise<boolean> {
  return folder !== undefined && (await stat(markOf(program, folder)).catch(() => undefined)) !== undefined;
}

/** Whether the same file passed a short while ago, whatever its version is. */
export async function passedJustNow(
  { path, size, mtimeMs }: Omit<CheckedProgram, "version">,
  folder: string | undefined,
): Promise<boolean> {
  if (folder === undefined) return false;
  const mark = await stat(markOf({ path, size, mtimeMs }, folder)).catch(() => undefined);
  const ageMs = Date.now() - (mark?.mtimeMs ?? Number.NEGATIVE_INFINITY);
  // Times of files are finer than the clock's: one that was written just now may be a part of a millisecond ahead.
  return ageMs > -1 && ageMs < FRESH_MS;
}

/** Best effort: where nothing can be written, the next command checks again. */
export async function rememberAsGood(program: CheckedProgram, folder: string | undefined): Promise<void> {
  if (folder === undefined) return;
  try {
    await mkdir(folder, { recursive: true });
    const { version: _, ...file } = program;
    for (const known of [program, file]) await writeFile(markOf(known, folder), "");
  } catch {
    // A read-only or missing home.
  }
}

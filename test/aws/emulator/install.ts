import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { projectRoot } from "../../../tools/resource-graph/paths.ts";

/** Studied and pinned: the emulator grows by the week, and what it leaves out matters to what the tests may claim. */
const VERSION = "1.5.33";

/** What the emulator signs with. */
const CRYPTOGRAPHY = "50.0.2";

const run = promisify(execFile);

/**
 * Installs the emulator into a virtual environment of its own under `.camclips/`, unless it is there: about 7 s.
 * Needs Python 3.10 or newer and the Python package index.
 * @returns the command that starts it.
 */
export async function installEmulator(): Promise<string> {
  const folder = join(projectRoot, ".camclips", `ministack-${VERSION}-${CRYPTOGRAPHY}`);
  const command = join(folder, "bin/ministack");
  if (existsSync(join(folder, "complete"))) return command;
  await rm(folder, { recursive: true, force: true });
  await run("python3", ["-m", "venv", folder]);
  await run(join(folder, "bin/pip"), ["install", "--quiet", `ministack==${VERSION}`, `cryptography==${CRYPTOGRAPHY}`]);
  await writeFile(join(folder, "complete"), VERSION);
  return command;
}

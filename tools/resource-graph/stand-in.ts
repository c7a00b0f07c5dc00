import { writeFile } from "node:fs/promises";
import { join } from "node:path";

/** e_machine of ELF. */
const MACHINES = { x86_64: 62, arm64: 183 };

/**
 * Writes a file that looks like a static Linux program: it stands for ffmpeg where functions are put together
 * that nobody runs.
 */
export async function writeStandInFfmpeg(
  folder: string,
  architecture: keyof typeof MACHINES = "x86_64",
): Promise<string> {
  const header = Buffer.alloc(64);
  header.set(Buffer.from("7f454c460201", "hex"));
  header.writeUInt16LE(MACHINES[architecture], 18);
  const path = join(folder, "ffmpeg");
  await writeFile(path, header, { mode: 0o755 });
  return path;
}

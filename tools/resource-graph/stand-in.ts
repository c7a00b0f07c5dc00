import { writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * Writes a file that looks like a static Linux program for x86_64: it stands for ffmpeg where functions are put together
 * that nobody runs.
 */
export async function writeStandInFfmpeg(folder: string): Promise<string> {
  const header = Buffer.alloc(64);
  header.set(Buffer.from("7f454c460201", "hex"));
  header.writeUInt16LE(62, 18);
  const path = join(folder, "ffmpeg");
  await writeFile(path, header, { mode: 0o755 });
  return path;
}

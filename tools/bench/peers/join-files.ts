import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../old-way.ts";
import type { Work } from "../work.ts";

/** Puts files one after another without encoding, by ffmpeg's concat demuxer. */
export async function joinFiles(work: Work, paths: readonly string[], output: string): Promise<void> {
  const list = join(work.folder, "files.txt");
  await writeFile(list, paths.map((path) => `file '${path}'\n`).join(""));
  await run(work, ["-f", "concat", "-safe", "0", "-i", list, "-c", "copy", "-movflags", "+faststart", output]);
}

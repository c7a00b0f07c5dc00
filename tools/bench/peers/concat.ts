import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../old-way.ts";
import { partOf, type Work } from "../work.ts";

/** What most scripts do: packets from the keyframe before the start, by ffmpeg's concat demuxer. */
export async function concat(work: Work, paths: readonly string[]): Promise<string> {
  const entries = paths.map((path, index) => {
    const { fromSeconds, toSeconds } = partOf(work, index);
    return `file '${path}'\ninpoint ${fromSeconds}\noutpoint ${toSeconds}\n`;
  });
  const list = join(work.folder, "parts.txt");
  await writeFile(list, entries.join(""));
  const clip = join(work.folder, "clip.mp4");
  await run(work, ["-f", "concat", "-safe", "0", "-i", list, "-c", "copy", "-movflags", "+faststart", clip]);
  return clip;
}

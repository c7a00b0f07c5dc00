import { createWriteStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { runFfmpeg } from "../../packages/media/src/ffmpeg/run-ffmpeg.ts";
import { download } from "./http-source.ts";
import { partOf, THUMBNAIL_PART, THUMBNAIL_WIDTHS, type Work } from "./work.ts";

/** What the service did before: whole recordings, decoded from their first frame, one run of ffmpeg for each output. */
export async function fetchOld({ recordings, folder }: Work): Promise<string[]> {
  const paths = recordings.map((_, index) => join(folder, `recording-${index}.mp4`));
  for (const [index, path] of paths.entries()) {
    await pipeline(await download(recordings[index]?.url ?? ""), createWriteStream(path));
  }
  return paths;
}

export async function renderOld(work: Work, paths: readonly string[]): Promise<string> {
  const parts: string[] = [];
  for (const index of work.recordings.keys()) {
    const part = join(work.folder, `part-${index}.mp4`);
    const { fromSeconds: from, toSeconds: to } = partOf(work, index);
    const encoder = ["-vf", "format=yuv420p", "-preset", "fast", "-movflags", "+faststart"];
    await run(work, ["-i", paths[index] ?? "", "-ss", String(from), "-to", String(to), ...encoder, part]);
    parts.push(part);
  }
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const list = join(work.folder, "parts.txt");
  await writeFile(list, parts.map((part) => `file '${part}'\n`).join(""));
  const clip = join(work.folder, "clip.mp4");
  await run(work, ["-f", "concat", "-safe", "0", "-i", list, "-c", "copy", clip]);
  return clip;
}

export async function thumbnailsOld(work: Work, clip: string): Promise<void> {
  const at = ((work.endMs - work.startMs) / 1000) * THUMBNAIL_PART;
  const scales = [...THUMBNAIL_WIDTHS.map((width) => ["-vf", `scale=${width}:-1`]), []];
  for (const [index, scale] of scales.entries()) {
    const image = join(work.folder, `thumbnail-${index}.jpg`);
    await run(work, ["-ss", String(at), "-i", clip, "-frames:v", "1", ...scale, image]);
  }
}

export async function run({ ffmpeg }: Work, args: string[]): Promise<void> {
  await runFfmpeg({ ffmpeg, args: ["-v", "error", "-y", ...args] });
}

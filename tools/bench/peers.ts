import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { run } from "./old-way.ts";
import { type Peer, partOf, type Work } from "./work.ts";

/**
 * How others cut without encoding everything, on the same recordings. All take whole files from the disk; none reads its clip
 * back or makes thumbnails: "of it render" is what to compare.
 */
export const peers: Record<Peer, (work: Work, paths: readonly string[]) => Promise<string>> = {
  /** What LosslessCut and most scripts do: packets from the keyframe before the start, by ffmpeg's concat demuxer. */
  async concat(work, paths) {
    const entries = paths.map((path, index) => {
      const { fromSeconds, toSeconds } = partOf(work, index);
      return `file '${path}'\ninpoint ${fromSeconds}\noutpoint ${toSeconds}\n`;
    });
    const list = join(work.folder, "parts.txt");
    await writeFile(list, entries.join(""));
    const clip = join(work.folder, "clip.mp4");
    await run(work, ["-f", "concat", "-safe", "0", "-i", list, "-c", "copy", "-movflags", "+faststart", clip]);
    return clip;
  },

  /** The one other program that encodes around cuts alone. It takes one file, so several are joined before. */
  async smartcut(work, paths) {
    const zeroMs = work.recordings[0]?.startMs ?? 0;
    const keep = [work.startMs, work.endMs].map((ms) => (ms - zeroMs) / 1000).join(",");
    const clip = join(work.folder, "clip.mp4");
    await promisify(execFile)(SMARTCUT, [await joined(work, paths), clip, "--keep", keep]);
    return clip;
  },
};

const SMARTCUT = process.env.SMARTCUT_BIN || "smartcut";

/** What to do before a peer can be measured; undefined when it is there. */
export async function whyNotMeasured(peer: Peer): Promise<string | undefined> {
  if (peer !== "smartcut") return undefined;
  return promisify(execFile)(SMARTCUT, ["--help"]).then(
    () => undefined,
    () => "smartcut is left out: pip install smartcut, or name it in SMARTCUT_BIN",
  );
}

async function joined(work: Work, paths: readonly string[]): Promise<string> {
  const [only] = paths;
  if (only !== undefined && paths.length === 1) return only;
  const list = join(work.folder, "recordings.txt");
  await writeFile(list, paths.map((path) => `file '${path}'\n`).join(""));
  const whole = join(work.folder, "joined.mp4");
  await run(work, ["-f", "concat", "-safe", "0", "-i", list, "-c", "copy", whole]);
  return whole;
}

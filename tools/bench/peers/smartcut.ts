import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Work } from "../work.ts";
import { joinFiles } from "./join-files.ts";

const SMARTCUT = process.env.SMARTCUT_BIN || "smartcut";

/** A program that encodes around cuts alone, as ours does. It takes one file, so several are joined before. */
export async function smartcut(work: Work, paths: readonly string[]): Promise<string> {
  const zeroMs = work.recordings[0]?.startMs ?? 0;
  const keep = [work.startMs, work.endMs].map((ms) => (ms - zeroMs) / 1000).join(",");
  const clip = join(work.folder, "clip.mp4");
  await promisify(execFile)(SMARTCUT, [await oneFile(work, paths), clip, "--keep", keep]);
  return clip;
}

export async function whyNoSmartcut(): Promise<string | undefined> {
  return promisify(execFile)(SMARTCUT, ["--help"]).then(
    () => undefined,
    () => "smartcut is left out: pip install smartcut, or name it in SMARTCUT_BIN",
  );
}

async function oneFile(work: Work, paths: readonly string[]): Promise<string> {
  const [only] = paths;
  if (only !== undefined && paths.length === 1) return only;
  const whole = join(work.folder, "joined.mp4");
  await joinFiles(work, paths, whole);
  return whole;
}

import { spawn } from "node:child_process";
import { join } from "node:path";
import { childrenCpuSeconds } from "./children-cpu.ts";

export interface WholeCommand {
  /** Of the command line. */
  program: string;
  recordings: string;
  camera: string;
  startMs: number;
  endMs: number;
  precision: string;
  ffmpeg: string;
  /** Where clip and state go: empty. */
  folder: string;
  /** Where ffmpegs that were looked at are remembered. */
  cache: string;
}

export const COMMAND_LINE = new URL("../../packages/cli/bin/camclips.js", import.meta.url).pathname;

/** Runs one `camclips clip`. @returns its processor seconds, from the start of Node on, and those of its children */
export async function runWholeCommand(command: WholeCommand): Promise<number> {
  const { program, recordings, camera, startMs, endMs, precision, ffmpeg, folder, cache } = command;
  const at = (ms: number) => new Date(ms).toISOString();
  const args = ["--recordings", recordings, "--camera", camera, "--start", at(startMs), "--end", at(endMs)];
  const places = ["--out", join(folder, "clips"), "--state", join(folder, "state"), "--precision", precision];
  const env = { ...process.env, FFMPEG_BIN: ffmpeg, XDG_CACHE_HOME: cache };
  const before = childrenCpuSeconds();
  const child = spawn(process.execPath, [program, "clip", "--json", ...args, ...places], {
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (chunk) => {
    said += chunk;
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`camclips ended with ${code}: ${said}`);
  return childrenCpuSeconds() - before;
}

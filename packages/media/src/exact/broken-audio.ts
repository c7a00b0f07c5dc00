import { mayBlameInput } from "../ffmpeg/blame.ts";
import { inputArguments } from "../ffmpeg/input-arguments.ts";
import { type FfmpegRun, runFfmpeg } from "../ffmpeg/run-ffmpeg.ts";
import type { MediaProbe } from "../probe/probe.ts";

/**
 * Decodes the sources' audio, and leaves that out in which a decoder finds fault: the clip is silent there.
 * @returns undefined when all of it can be decoded
 */
export async function withoutBrokenAudio(
  paths: readonly string[],
  probes: readonly MediaProbe[],
  ways: Pick<FfmpegRun, "ffmpeg" | "signal" | "timeLimitMs">,
): Promise<MediaProbe[] | undefined> {
  const left: MediaProbe[] = [];
  for (const [index, probe] of probes.entries()) {
    const isIntact = probe.audio === undefined || (await decodesWhole(paths[index] ?? "", ways));
    left.push(isIntact ? probe : { ...probe, audio: probe.audio && { ...probe.audio, spans: [] }, brokenAudio: true });
  }
  return left.some((probe, index) => probe !== probes[index]) ? left : undefined;
}

async function decodesWhole(
  path: string,
  ways: Pick<FfmpegRun, "ffmpeg" | "signal" | "timeLimitMs">,
): Promise<boolean> {
  const decode = ["-map", "0:a:0", "-f", "null", "-"];
  try {
    await runFfmpeg({ ...ways, args: ["-v", "level+info", "-xerror", ...inputArguments(path, ["-vn"]), ...decode] });
    return true;
  } catch (error) {
    if (!mayBlameInput(error)) throw error;
    return false;
  }
}

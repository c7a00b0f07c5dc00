import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { MediaEngine } from "@camclips/media";
import { createMediaEngine } from "@camclips/media/engine";
import ffmpegStatic from "ffmpeg-static";
import { UsageError } from "../exit-codes.ts";

/** As long as the render function has on Lambda. */
const TIME_LIMIT_MS = 270_000;

/**
 * FFMPEG_BIN, else the binary of ffmpeg-static, else `ffmpeg` on the PATH.
 * @throws UsageError that says how to get one.
 */
export function findFfmpeg(environment: NodeJS.ProcessEnv): string {
  const installed = ffmpegStatic as unknown as string | null;
  const chosen = environment.FFMPEG_BIN || (installed && existsSync(installed) ? installed : "ffmpeg");
  const { error, status, stdout } = spawnSync(chosen, ["-version"], {
    stdio: ["ignore", "pipe", "ignore"],
    encoding: "utf8",
  });
  const runs = !error && status === 0;
  if (runs && stdout.includes("ffmpeg version")) return chosen;
  const problem = runs ? "is no ffmpeg" : "does not run";
  const tried = environment.FFMPEG_BIN ? `FFMPEG_BIN="${chosen}" ${problem}` : "there is no ffmpeg";
  throw new UsageError(
    `${tried}: install one (apt-get install -y ffmpeg, brew install ffmpeg, version 5.1 or newer), or set FFMPEG_BIN to its path`,
  );
}

export function localMedia(ffmpeg: string): MediaEngine {
  return createMediaEngine({ ffmpeg, threads: availableParallelism(), timeLimitMs: TIME_LIMIT_MS });
}

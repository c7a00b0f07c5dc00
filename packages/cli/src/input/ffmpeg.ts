import { availableParallelism } from "node:os";
import type { MediaEngine } from "@camclips/media";
import { createMediaEngine, findFfmpeg, NoFfmpegError } from "@camclips/media/engine";
import { UsageError } from "../exit-codes.ts";

/** As long as the render function has on Lambda. */
const TIME_LIMIT_MS = 270_000;

/** @throws UsageError that says what was looked at and how to get an ffmpeg. */
export async function usableFfmpeg(environment: NodeJS.ProcessEnv): Promise<string> {
  return findFfmpeg(environment).catch((error: unknown) => {
    throw error instanceof NoFfmpegError ? new UsageError(error.message) : error;
  });
}

export function localMedia(ffmpeg: string): MediaEngine {
  return createMediaEngine({ ffmpeg, threads: availableParallelism(), timeLimitMs: TIME_LIMIT_MS });
}

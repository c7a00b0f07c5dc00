import { availableParallelism } from "node:os";
import type { MediaEngine } from "@camclips/media";
import { createMediaEngine, findFfmpeg, NoFfmpegError, RENDER_TIME_LIMIT_MS } from "@camclips/media/engine";
import { UsageError } from "../exit-codes.ts";

/** @throws UsageError that says what was looked at and how to get an ffmpeg. */
export async function usableFfmpeg(environment: NodeJS.ProcessEnv): Promise<string> {
  return findFfmpeg(environment).catch((error: unknown) => {
    throw error instanceof NoFfmpegError ? new UsageError(error.message) : error;
  });
}

export function localMedia(ffmpeg: string): MediaEngine {
  return createMediaEngine({ ffmpeg, threads: availableParallelism(), timeLimitMs: RENDER_TIME_LIMIT_MS });
}

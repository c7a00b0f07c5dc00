import type { MediaEngine } from "@camclips/media";
import { createMediaEngine, threadsForMemory } from "@camclips/media/engine";
import ffmpegStatic from "ffmpeg-static";

/** ffmpeg must end before Lambda ends the function. */
const TIME_LIMIT_MS = 270_000;

/** The media engine of the render stages. FFMPEG_BIN wins over the binary of ffmpeg-static. */
export function connectMedia(environment: NodeJS.ProcessEnv): { media: MediaEngine } {
  const ffmpeg = environment.FFMPEG_BIN || (ffmpegStatic as unknown as string | null);
  if (!ffmpeg) throw new Error("no ffmpeg: set FFMPEG_BIN to its path");
  const threads = threadsForMemory(Number(environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE ?? 0));
  return { media: createMediaEngine({ ffmpeg, threads, timeLimitMs: TIME_LIMIT_MS }) };
}

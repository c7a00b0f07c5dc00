import type { MediaEngine } from "@camclips/core/media";
import { createMediaEngine } from "@camclips/core/media/ffmpeg";
import ffmpegStatic from "ffmpeg-static";

/** Lambda gives one vCPU for every 1,769 MB. */
const MB_PER_VCPU = 1769;

/** ffmpeg must end before Lambda ends the function. */
const TIME_LIMIT_MS = 270_000;

/** The media engine of the render stages. FFMPEG_BIN wins over the binary of ffmpeg-static. */
export function connectMedia(environment: NodeJS.ProcessEnv): { media: MediaEngine } {
  const ffmpeg = environment.FFMPEG_BIN || (ffmpegStatic as unknown as string | null);
  if (!ffmpeg) throw new Error("no ffmpeg: set FFMPEG_BIN to its path");
  const threads = Math.max(
    1,
    Math.ceil(Number(environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE ?? MB_PER_VCPU) / MB_PER_VCPU),
  );
  return { media: createMediaEngine({ ffmpeg, threads, timeLimitMs: TIME_LIMIT_MS }) };
}

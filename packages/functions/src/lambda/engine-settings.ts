import { RENDER_TIME_LIMIT_MS, threadsForMemory, whyItDoesNotRun } from "@camclips/media/picture-engine";

/** What ffmpeg a function uses, and how. @throws Error when it does not run. */
export async function engineSettings(
  environment: NodeJS.ProcessEnv,
): Promise<{ ffmpeg: string; threads: number; timeLimitMs: number }> {
  const ffmpeg = await runningFfmpeg(environment);
  const threads = threadsForMemory(Number(environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE ?? 0));
  return { ffmpeg, threads, timeLimitMs: RENDER_TIME_LIMIT_MS };
}

/** It was checked when the stage was deployed, or `sst dev` began, and needs to start here. */
async function runningFfmpeg({ FFMPEG_BIN }: NodeJS.ProcessEnv): Promise<string> {
  const wrong = FFMPEG_BIN ? await whyItDoesNotRun(FFMPEG_BIN) : "is not set";
  if (!FFMPEG_BIN || wrong)
    throw new Error(
      `FFMPEG_BIN="${FFMPEG_BIN ?? ""}" ${wrong}: no message is taken until an ffmpeg is deployed that runs`,
    );
  return FFMPEG_BIN;
}

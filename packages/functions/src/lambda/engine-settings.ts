import { findFfmpeg, RENDER_TIME_LIMIT_MS, threadsForMemory, whyItDoesNotRun } from "@camclips/media/picture-engine";

/** What ffmpeg a function uses, and how. @throws Error when it does not run. */
export async function engineSettings(
  environment: NodeJS.ProcessEnv,
): Promise<{ ffmpeg: string; threads: number; timeLimitMs: number }> {
  const ffmpeg = await runningFfmpeg(environment);
  const threads = threadsForMemory(Number(environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE ?? 0));
  return { ffmpeg, threads, timeLimitMs: RENDER_TIME_LIMIT_MS };
}

/** The packed one was checked when it was deployed, and needs to start here; under `sst dev` the developer's is found. */
async function runningFfmpeg(environment: NodeJS.ProcessEnv): Promise<string> {
  const named = environment.FFMPEG_BIN;
  if (!named) return findFfmpeg(environment);
  const wrong = await whyItDoesNotRun(named);
  if (wrong)
    throw new Error(`FFMPEG_BIN="${named}" ${wrong}: no message is taken until an ffmpeg is deployed that runs`);
  return named;
}

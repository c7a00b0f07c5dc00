import type { MediaEngine, RenderJob } from "../types.ts";
import { prepareJob, renderExact } from "./render-exact.ts";
import { renderThumbnails } from "./render-thumbnails.ts";
import type { EngineSettings } from "./settings.ts";

export { FfmpegError, FfmpegMissingError } from "./errors.ts";
export { type EncoderSettings, type EngineSettings, threadsForMemory } from "./settings.ts";

/** The media engine that uses ffmpeg. Nothing is started before a job comes. */
export function createMediaEngine(settings: EngineSettings): MediaEngine {
  return {
    async renderClip(job, options) {
      const { ffmpeg, timeLimitMs } = settings;
      const prepared = await prepareJob(job, { ffmpeg, timeLimitMs, signal: options.signal });
      return renderExact(prepared, settings, options, whyExact(job));
    },
    renderThumbnails: (job, options) => renderThumbnails(job, settings, options),
  };
}

function whyExact({ precision }: RenderJob): string {
  if (precision === "exact") return "all frames were re-encoded, as asked";
  return `all frames were re-encoded: this engine does not cut in the ${precision} way`;
}

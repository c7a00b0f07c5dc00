import type { MediaEngine } from "../types.ts";
import { renderCut } from "./render-cut.ts";
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
      const cut = job.precision === "exact" ? { why: "as asked" } : await renderCut(job, settings, options);
      if ("precision" in cut) return cut;
      const prepared = await prepareJob(job, { ffmpeg, timeLimitMs, signal: options.signal });
      return renderExact(prepared, settings, options, `all frames were re-encoded: ${cut.why}`);
    },
    renderThumbnails: (job, options) => renderThumbnails(job, settings, options),
  };
}

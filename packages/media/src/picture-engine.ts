import { ffmpegVersion } from "./ffmpeg/find/check-ffmpeg.ts";
import type { EngineSettings } from "./ffmpeg/settings.ts";
import type { PictureEngine } from "./media-engine.ts";
import { renderThumbnails } from "./thumbnails/render-thumbnails.ts";

export { whyItDoesNotRun } from "./ffmpeg/find/check-ffmpeg.ts";
export { RENDER_TIME_LIMIT_MS, threadsForMemory } from "./ffmpeg/settings.ts";

/** What makes pictures of clips, without what cuts them: a function that does no more starts sooner. */
export function createPictureEngine(settings: EngineSettings): PictureEngine {
  return {
    version: () => ffmpegVersion(settings.ffmpeg),
    renderThumbnails: (job, options) => renderThumbnails(job, settings, options),
  };
}

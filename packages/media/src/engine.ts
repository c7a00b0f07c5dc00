import { createCutEngine } from "./cut-engine.ts";
import type { EngineSettings } from "./ffmpeg/settings.ts";
import type { MediaEngine } from "./media-engine.ts";
import { createPictureEngine } from "./picture-engine.ts";

export { FfmpegError, FfmpegMissingError, NoFfmpegError } from "./ffmpeg/errors.ts";
export { findFfmpeg } from "./ffmpeg/find/find-ffmpeg.ts";
export { type EncoderSettings, type EngineSettings, RENDER_TIME_LIMIT_MS } from "./ffmpeg/settings.ts";

/** The media engine that uses ffmpeg. Nothing is started before a job comes. */
export function createMediaEngine(settings: EngineSettings): MediaEngine {
  return { ...createPictureEngine(settings), ...createCutEngine(settings) };
}

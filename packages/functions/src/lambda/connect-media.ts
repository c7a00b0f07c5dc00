import type { MediaEngine } from "@camclips/media";
import { createMediaEngine } from "@camclips/media/engine";
import { engineSettings } from "./engine-settings.ts";

/**
 * The media engine of the render stages.
 * @throws Error when its ffmpeg does not run: then the function must take no message, whose clip could only fail.
 */
export const connectMedia = async (environment: NodeJS.ProcessEnv): Promise<{ media: MediaEngine }> => ({
  media: createMediaEngine(await engineSettings(environment)),
});

import type { CutEngine } from "@camclips/media";
import { createCutEngine } from "@camclips/media/cut-engine";
import { engineSettings } from "./engine-settings.ts";

/**
 * What cuts clips.
 * @throws Error when its ffmpeg does not run: then the function must take no message, whose clip could only fail.
 */
export const connectMedia = async (environment: NodeJS.ProcessEnv): Promise<{ media: CutEngine }> => ({
  media: createCutEngine(await engineSettings(environment)),
});

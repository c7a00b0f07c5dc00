import type { PictureEngine } from "@camclips/media";
import { createPictureEngine } from "@camclips/media/picture-engine";
import { engineSettings } from "./engine-settings.ts";

/** What makes pictures of clips. @throws Error as connectMedia. */
export const connectPictures = async (environment: NodeJS.ProcessEnv): Promise<{ media: PictureEngine }> => ({
  media: createPictureEngine(await engineSettings(environment)),
});

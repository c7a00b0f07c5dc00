import { findFfmpeg } from "@camclips/media/engine";

/** The ffmpeg that all tests use: found as the product finds its own, so that FFMPEG_BIN decides. */
export const testFfmpeg: string = await findFfmpeg(process.env);
